"""The MX points into a private network: never dialled."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("inside-job.com"),
    Host("mx1", address="10.0.0.5"),
    Expect("danny.rusty", status="unknown", verdict="unknown", reason="forbidden-address",
           asked="could-not", connect="forbidden", connections=0, seconds=3),
)
