"""The mailbox is full, so it exists: unknown for now, never undeliverable."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("hoarders-anonymous.com"),
    Host("mx1", rcpt={"langley.collyer": "552 5.2.2 <{rcpt}>: Recipient's mailbox is full"}),
    Expect("langley.collyer", status="unknown", reason="mailbox-full", code=552,
           cls="mailbox-full", catchall=False),
    show=True,
)
