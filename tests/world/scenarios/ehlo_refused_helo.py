"""Knows only HELO."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("telegraph-office.com"),
    Host("mx1", ehlo="502 5.5.1 Error: command not implemented", rcpt={"samuel.morse": "250 Ok"}),
    Expect("samuel.morse", status="deliverable", reason="accepted", code=250, connections=1,
           waits=6, quit=True),
    Expect("samuel.norse", status="undeliverable", reason="no-such-mailbox", code=550,
           connections=1),
)
