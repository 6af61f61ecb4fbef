"""STARTTLS is required but not offered."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("closed-open-door.com"),
    Host("mx1", mail="530 5.7.0 Must issue a STARTTLS command first"),
    Expect("franz.klammer", status="unknown", verdict="unknown", reason="tls",
           tls=False),
)
