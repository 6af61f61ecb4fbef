"""Refuses EHLO and HELO alike: it does not like our name."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("strict-protocol.com"),
    Host("mx1", ehlo="550 5.7.1 Helo command rejected: Host not found",
         helo="550 5.7.1 Helo command rejected: Host not found"),
    Expect("emily.post", status="unknown", verdict="unknown", reason="policy", asked="refused",
           end="refused", connections=1),
)
