"""Angle brackets inside quotes are valid and never put on the wire."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("angle-bracket-works.com"),
    Host("mx1", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("\"a<b>c\"", status="unknown", reason="unsendable", rcpts=0),
)
