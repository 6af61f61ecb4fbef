"""Offers keywords without end."""
from simnet.scenario import Domain, Endless, Expect, Host, Scenario

scenario = Scenario(
    Domain("endless-buffet.com"),
    Host("mx1", ehlo=Endless("250-X-ANOTHER-DISH")),
    Expect("diamond.jim", status="unknown", verdict="unknown", reason="protocol", end="protocol",
           seconds=6),
)
