"""The best MX is private, the second may be dialled."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("split-horizon.com", mx=["inside", "outside"]),
    Host("inside", address="172.16.4.4"),
    Host("outside", rcpt={"amelia.earhart": "250 2.1.5 Ok"}),
    Expect("amelia.earhart", status="deliverable", reason="accepted", code=250,
           host="outside.split-horizon.com", connections=1, seconds=2),
)
