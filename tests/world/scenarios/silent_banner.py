"""Accepts the connection and never says a word."""
from simnet.scenario import Domain, Expect, Host, Scenario, Silent

scenario = Scenario(
    Domain("sleeping-giant.com"),
    Host("mx1", banner=Silent()),
    Expect("tom.baker", status="unknown", verdict="unknown", reason="timeout",
           connect="ok", end="timeout", catchall=False, policy="none", connections=1, seconds=8),
)
