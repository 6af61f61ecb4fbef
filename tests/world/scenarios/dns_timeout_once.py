"""The first question is lost: the second try counts."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("lost-packets.com", dns={("@", "MX"): "first:1:timeout"}),
    Host("mx1", rcpt={"bob.metcalfe": "250 2.1.5 Ok"}),
    Expect("bob.metcalfe", status="deliverable", reason="accepted", code=250, seconds=5),
)
