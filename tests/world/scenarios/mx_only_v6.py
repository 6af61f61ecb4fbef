"""The mail host has only an IPv6 address: it is tried whatever smtp.ipv6 says, and failing there
proves nothing."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("big-address-space.com"),
    Host("mx1", address="::1"),
    Expect("vint.cerf", status="unknown", verdict="unknown", reason="unreachable",
           connect=("refused", "unreachable"), host="mx1.big-address-space.com"),
    settings={"smtp.allow_networks": "{net}.0.0/16 ::1"},
)
