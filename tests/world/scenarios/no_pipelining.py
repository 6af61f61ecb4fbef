"""Does not offer PIPELINING: step by step, the target before the made-up recipient.

A refused target needs no made-up one; sending ahead would be a violation."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("slow-and-steady.com"),
    Host("mx1", ehlo=("SIZE 10240000", "8BITMIME"), rcpt={"rosa.parks": "250 2.1.5 Ok"}),
    Expect("rosa.parks", status="deliverable", reason="accepted", code=250, connections=1,
           rcpts=2, waits=5, quit=True),
    Expect("nobody.parks", status="undeliverable", reason="no-such-mailbox", code=550,
           connections=1, rcpts=1, waits=4, quit=True),
)
