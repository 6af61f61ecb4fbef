"""One MX with ten dead addresses: a few tries, then unknown."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("maze-of-addresses.com"),
    Host("mx1", addresses=10, dead_addresses=10),
    Expect("daedalus.crete", status="unknown", reason="unreachable", connections=0, seconds=6),
)
