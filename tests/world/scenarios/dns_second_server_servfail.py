"""The first resolver fails at everything, the second answers."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("spare-tyre-garage.com"),
    Host("mx1", rcpt={"bertha.benz": "250 2.1.5 Ok"}),
    Expect("bertha.benz", status="deliverable", reason="accepted", code=250, seconds=5),
    settings={"dns.servers": "{net}.0.56:53,{net}.0.53:53"},
)
