"""The MX points at the cloud's metadata service."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("cloud-credentials.com"),
    Host("mx1", address="169.254.169.254"),
    Expect("kevin.mitnick", status="unknown", reason="forbidden-address", connect="forbidden",
           seconds=3),
)
