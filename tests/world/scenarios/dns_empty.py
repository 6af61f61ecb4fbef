"""Datagrams of no octets."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("empty-promises.com", dns={("@", "MX"): "empty"}),
    Expect("vladimir.godot", status="unknown", verdict="unknown", reason="dns-failure",
           connections=0, seconds=8),
)
