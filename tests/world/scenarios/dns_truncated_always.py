"""Truncated over UDP and over TCP."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("abridged-editions.com", dns={("@", "MX"): "truncated-always"}),
    Expect("reader.digest", status="unknown", verdict="unknown", connections=0, seconds=9),
)
