"""The name servers never answer: unknown, within the deadline."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("dns-blackhole.com", dns={("@", "*"): "timeout", ("_dmarc.@", "*"): "timeout"}),
    Expect("john.smith", status="unknown", verdict="unknown", reason="dns-failure",
           asked="could-not", mx=[], connections=0, seconds=10),
)
