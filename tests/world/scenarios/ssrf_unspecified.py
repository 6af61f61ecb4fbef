"""The MX points at 0.0.0.0, which Linux takes for itself."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("zero-sum-games.com"),
    Host("mx1", address="0.0.0.0"),
    Expect("john.nash", status="unknown", reason="forbidden-address", connect="forbidden",
           seconds=3),
)
