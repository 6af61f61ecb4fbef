"""Accepts the connection and resets it."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario, Wait

scenario = Scenario(
    Domain("slammed-doors.com"),
    Host("mx1", banner=Wait(0.1, Drop(reset=True))),
    Expect("clara.bow", status="unknown", verdict="unknown",
           reason=("disconnected", "unreachable"), connections=1),
)
