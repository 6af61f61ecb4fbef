"""The best MX refuses us at the greeting: the next one is asked."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("second-reception.com", mx=["mx1", "mx2"]),
    Host("mx1", banner="554 5.7.1 {host} go away"),
    Host("mx2", rcpt={"ellis.island": "250 2.1.5 Ok"}),
    Expect("ellis.island", status="deliverable", reason="accepted", code=250,
           host="mx2.second-reception.com", dials={"mx1": 1, "mx2": 1}, quit=True),
)
