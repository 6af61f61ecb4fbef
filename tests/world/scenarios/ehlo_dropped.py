"""Hangs up on EHLO."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("scared-of-ehlo.com"),
    Host("mx1", ehlo=Drop()),
    Expect("greta.garbo", status="unknown", verdict="unknown", reason="disconnected",
           end="disconnected"),
)
