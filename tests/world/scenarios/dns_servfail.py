"""SERVFAIL says nothing about the domain: unknown, never invalid (Reacher calls it invalid)."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("broken-dnssec.com", dns={("@", "*"): "servfail"}),
    Expect("john.smith", status="unknown", verdict="unknown", reason="dns-failure",
           asked="could-not", mx=[], connections=0),
    show=True,
)
