"""Greets with 421, the only mail host: come back later."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("busy-counter.com"),
    Host("mx1", banner=Drop("421 4.3.2 {host} Service not available, closing channel")),
    Expect("lou.costello", status="unknown", verdict="unknown",
           reason=("temporary", "rate-limited"), asked="refused", connections=1),
)
