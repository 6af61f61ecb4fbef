"""Replies of three digits and nothing else (RFC 5321 4.2 allows it)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("laconic-sparta.com"),
    Host("mx1", banner="220", mail="250", rcpt={"leonidas.first": "250", "*": "550"}, quit="221"),
    Expect("leonidas.first", status="deliverable", reason="accepted", code=250, catchall=False,
           connections=1),
)
