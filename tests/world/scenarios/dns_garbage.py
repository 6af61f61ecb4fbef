"""Noise behind the right id."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("white-noise-machines.com", dns={("@", "MX"): "garbage"}),
    Expect("john.cage", status="unknown", verdict="unknown", reason="dns-failure", connections=0,
           seconds=8),
)
