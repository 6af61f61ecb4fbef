"""5.7.1, but the words are about the mailbox: it does not exist."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("creative-coding.com"),
    Host("mx1",
         rcpt={"ada.byron": "250 Ok",
               "*": "550 5.7.1 <{rcpt}>: Recipient address rejected: User unknown"}),
    Expect("lord.byron", status="undeliverable", reason="no-such-mailbox", code=550,
           cls="no-such-mailbox"),
)
