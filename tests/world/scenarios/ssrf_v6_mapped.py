"""A private IPv4 address dressed as IPv6."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("wolf-in-sheeps-wool.com"),
    Host("mx1", address="::ffff:10.0.0.5"),
    Expect("red.hood", status="unknown", reason=("forbidden-address", "unreachable"),
           connect=("forbidden", "no-address"), seconds=3),
)
