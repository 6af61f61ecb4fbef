"""The greeting is two lines in two TCP segments: one reply, not two.

deep-email-validator advances once per segment and reports success before RCPT was answered."""
from simnet.scenario import Domain, Expect, Host, Scenario, Segments

scenario = Scenario(
    Domain("chopped-hello.com"),
    Host("mx1", banner=Segments("220-{host} ESMTP\r\n", "220 no unsolicited mail\r\n")),
    Expect("eve.harrington", status="undeliverable", reason="no-such-mailbox", code=550, waits=3,
           connections=1),
)
