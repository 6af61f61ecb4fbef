"""The answer is to another question: its MX must not be dialled."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("crossed-lines.com", dns={("@", "MX"): "wrong-question"}),
    Expect("bell.gray", status="unknown", verdict="unknown", reason="dns-failure", mx=[],
           connections=0, seconds=8),
)
