"""Answers EHLO and hangs up."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("short-visits.com"),
    Host("mx1", ehlo=Drop("250-{host}\n250 PIPELINING")),
    Expect("john.gilbert", status="unknown", verdict="unknown", reason="disconnected",
           end="disconnected"),
)
