"""Accepts every recipient, at hosts of providers that many domains share."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("granite-peak-tours.com", mx=("granite-peak-tours.mail.protection.outlook.com.",)),
    Domain("silver-creek-tours.com", mx=("mxa-silver-creek.gslb.pphosted.com.",)),
    Host("granite-peak-tours.mail.protection.outlook.com.", rcpt={"*": "250 2.1.5 Recipient OK"}),
    Host("mxa-silver-creek.gslb.pphosted.com.", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("maria.santos", status="unknown", reason="catch-all", catchall=True),
    Expect("maria.santos", domain="silver-creek-tours.com", reason="catch-all"),
)
