"""Every reply in several lines."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("department-of-redundancy.com"),
    Host("mx1", mail="250-2.1.0 Sender\n250-2.1.0 is\n250 2.1.0 fine",
         rcpt={"monty.python": "250-2.1.5 Recipient\n250 2.1.5 is fine",
               "*": "550-5.1.1 No\n550-5.1.1 such\n550 5.1.1 user"},
         quit="221-2.0.0 Good\n221 2.0.0 bye"),
    Expect("monty.python", status="deliverable", reason="accepted", code=250, waits=3, quit=True),
    Expect("monty.pylon", status="undeliverable", reason="no-such-mailbox", code=550, waits=3),
)
