"""Plain 550 with plain words."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("old-school-mail.com"),
    Host("mx1", rcpt={"jon.postel": "250 ok", "*": "550 No such user here"}),
    Expect("jon.postal", status="undeliverable", reason="no-such-mailbox", code=550),
    Expect("jon.postel", status="deliverable", reason="accepted", code=250),
)
