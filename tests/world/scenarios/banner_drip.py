"""The greeting arrives one octet every 0.3 s: a deadline per reply ends it, one per read never
would."""
from simnet.scenario import Domain, Drip, Expect, Host, Scenario

scenario = Scenario(
    Domain("leaky-faucet.com"),
    Host("mx1", banner=Drip("220 {host} ESMTP at your leisure", 0.3)),
    Expect("gloria.swanson", status="unknown", verdict="unknown", reason="timeout", seconds=8,
           connections=1),
)
