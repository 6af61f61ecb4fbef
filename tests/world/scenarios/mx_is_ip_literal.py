"""The MX record holds an IP address in place of a name."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("numbers-station.com", mx=["10.0.0.5."]),
    Expect("lincolnshire.poacher", status="unknown", verdict="unknown", connections=0, seconds=3),
)
