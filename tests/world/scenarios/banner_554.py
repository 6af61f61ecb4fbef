"""Greets with 554: no mail from us, whoever it is for."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("members-only-club.com"),
    Host("mx1", banner=Drop("554 {host} ESMTP not accepting messages")),
    Expect("groucho.marx", status="unknown", verdict="unknown", reason=("policy", "temporary"),
           asked="refused", end="refused", policy="none", catchall=False, connections=1),
)
