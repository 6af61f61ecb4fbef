"""The MX points at this machine, outside the network that the operator allowed."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("talk-to-yourself.com"),
    Host("mx1", address="127.0.0.1"),
    Expect("narcissus.pond", status="unknown", reason="forbidden-address", connect="forbidden",
           seconds=3),
)
