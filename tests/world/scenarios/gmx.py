"""GMX: no enhanced codes; full is worded "exceeded storage allocation" (B13)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("gmx.de", mx=["mx00.emig.gmx.net.", (10, "mx01.emig.gmx.net.")]),
    Host("mx00.emig.gmx.net.", ehlo=("8BITMIME", "SIZE 69920427", "STARTTLS"),
         rcpt={"heike.makatsch": "250 Requested mail action okay, completed",
               "voll.mund": "552 Requested mail action aborted: exceeded storage allocation",
               "*": "550 Requested action not taken: mailbox unavailable"}),
    Host("mx01.emig.gmx.net.", ehlo=("8BITMIME", "SIZE 69920427", "STARTTLS"),
         rcpt={"heike.makatsch": "250 Requested mail action okay, completed",
               "voll.mund": "552 Requested mail action aborted: exceeded storage allocation",
               "*": "550 Requested action not taken: mailbox unavailable"}),
    Expect("heike.makatsch", status="deliverable", reason="accepted", code=250),
    Expect("voll.mund", status="unknown", reason="mailbox-full", code=552),
    Expect("heike.makatch", status="undeliverable", reason="no-such-mailbox", code=550),
)
