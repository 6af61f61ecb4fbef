"""The MX is an alias of itself by way of another."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("ouroboros-rings.com",
           dns={("mx1.@", "*"): "cname-loop:mx2.ouroboros-rings.com",
                ("mx2.@", "*"): "cname-loop:mx1.ouroboros-rings.com"}),
    Expect("kekule.benzene", status="unknown", verdict="unknown", connections=0, seconds=8),
)
