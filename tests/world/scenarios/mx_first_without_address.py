"""The best MX has no address, the second answers."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("ghost-relay.com", mx=["mx1", "mx2"]),
    Host("mx2", rcpt={"casper.friendly": "250 2.1.5 Ok"}),
    Expect("casper.friendly", status="deliverable", reason="accepted", code=250,
           host="mx2.ghost-relay.com", dials={"mx2": 1}),
)
