"""Accepts everybody, but this mailbox is full: the target's own answer counts (B7)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("attic-storage.com"),
    Host("mx1", rcpt={"miss.faversham": "552 5.2.2 Mailbox full", "*": "250 2.1.5 Ok"}),
    Expect("miss.faversham", status="unknown", reason="mailbox-full", code=552,
           cls="mailbox-full"),
)
