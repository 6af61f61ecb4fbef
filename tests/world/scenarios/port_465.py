"""Implicit TLS on port 465, asked for by the client."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("sealed-envelopes.com"),
    Host("mx1", ports=(465,), rcpt={"olga.orlova": "250 2.1.5 Ok"}),
    Expect("olga.orlova", port=465, status="deliverable", reason="accepted", code=250, tls=True,
           connections=1, quit=True),
    Expect("olga.ostrova", port=465, status="undeliverable", reason="no-such-mailbox", code=550,
           tls=True, connections=1),
)
