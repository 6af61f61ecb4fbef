"""Truncated over UDP, silent over TCP."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("teaser-trailers.com", dns={("@", "MX"): "truncated-deaf"}),
    Expect("saul.bass", status="unknown", verdict="unknown", reason="dns-failure", connections=0,
           seconds=11),
)
