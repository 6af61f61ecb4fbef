"""Megabytes without an end of line: memory stays bounded."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("broken-dam.com"),
    Host("mx1", rcpt={"*": Raw([b"5" * 1000000] * 10)}),
    Expect("noah.flood", status="unknown", verdict="unknown", reason="protocol", end="protocol",
           seconds=6),
)
