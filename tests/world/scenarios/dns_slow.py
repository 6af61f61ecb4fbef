"""Answers come after 0.3 s, within the timeout."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("scenic-route.com",
           dns={("@", "*"): "slow:0.3", ("mx1.@", "*"): "slow:0.3", ("_dmarc.@", "*"): "slow:0.3"}),
    Host("mx1", rcpt={"bilbo.baggins": "250 2.1.5 Ok"}),
    Expect("bilbo.baggins", status="deliverable", reason="accepted", code=250,
           factor="DMARC record (+0.5)", seconds=3),
)
