"""The MX is "localhost": not ours."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("home-sweet-home.com", mx=["localhost."]),
    Expect("dorothy.gale", status="unknown", verdict="unknown", connections=0, seconds=3),
)
