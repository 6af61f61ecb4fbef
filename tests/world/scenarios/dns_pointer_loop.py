"""A compressed name that points at itself."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("hall-of-mirrors.com", dns={("@", "MX"): "pointer-loop"}),
    Expect("louis.bourbon", status="unknown", verdict="unknown", reason="dns-failure",
           connections=0, seconds=8),
)
