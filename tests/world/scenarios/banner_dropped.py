"""Hangs up without a greeting."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("hangs-up-at-once.com"),
    Host("mx1", banner=Drop()),
    Expect("mary.pickford", status="unknown", verdict="unknown", reason="disconnected",
           end="disconnected", connections=1),
)
