"""The best MX greets with 421: the next one is asked."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("overflow-parking.com", mx=["mx1", "mx2"]),
    Host("mx1", banner=Drop("421 4.3.2 {host} too busy")),
    Host("mx2", rcpt={"otto.mobile": "250 2.1.5 Ok"}),
    Expect("otto.mobile", status="deliverable", reason="accepted", code=250,
           host="mx2.overflow-parking.com", dials={"mx1": 1, "mx2": 1}),
)
