"""Greets, then says nothing to EHLO."""
from simnet.scenario import Domain, Expect, Host, Scenario, Silent

scenario = Scenario(
    Domain("one-word-only.com"),
    Host("mx1", ehlo=Silent()),
    Expect("calvin.coolidge", status="unknown", verdict="unknown", reason="timeout",
           end="timeout", seconds=8),
)
