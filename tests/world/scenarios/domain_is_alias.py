"""The domain is a CNAME: its target's MX counts."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("brand-new-name.com", cname="former-trade-name.com."),
    Domain("former-trade-name.com"),
    Host("mx1.former-trade-name.com.", rcpt={"prince.symbol": "250 2.1.5 Ok"}),
    Expect("prince.symbol", status="deliverable", reason="accepted", code=250,
           mx=["mx1.former-trade-name.com"], connections=1),
)
