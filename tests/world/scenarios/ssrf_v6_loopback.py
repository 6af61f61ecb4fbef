"""The MX has only ::1."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("inner-voice.com"),
    Host("mx1", address="::1"),
    Expect("socrates.daimon", status="unknown", reason=("forbidden-address", "unreachable"),
           connect=("forbidden", "no-address"), seconds=3),
)
