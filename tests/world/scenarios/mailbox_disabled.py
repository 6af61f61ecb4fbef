"""The account exists and is switched off."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("former-employer.com"),
    Host("mx1",
         rcpt={"peter.gibbons": "550 5.2.1 The email account that you tried to reach is disabled"}),
    Expect("peter.gibbons", status="undeliverable", verdict="undeliverable",
           reason="mailbox-disabled", code=550, cls="mailbox-disabled", score_at_most=3,
           factor="Mailbox disabled (-2)"),
    show=True,
)
