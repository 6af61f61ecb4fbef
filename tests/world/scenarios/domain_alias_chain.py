"""An alias chain of 50 links with nothing behind it."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("chain-letters.com", exists=False, dns={("@", "*"): "cname-chain:50"}),
    Expect("charles.ponzi", status="unknown", reason="dns-failure", connections=0, seconds=8),
)
