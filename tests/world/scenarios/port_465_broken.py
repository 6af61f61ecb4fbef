"""Implicit TLS whose handshake fails: there is no plaintext to fall back to."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("broken-seal.com"),
    Host("mx1", ports=(465,), tls_break="alert"),
    Expect("jacques.cousteau", port=465, status="unknown", verdict="unknown",
           reason="tls", connections=1),
)
