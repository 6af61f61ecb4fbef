"""The user has moved and mail is not forwarded."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("forwarding-address.com"),
    Host("mx1",
         rcpt={"phileas.fogg": "551 5.1.6 User not local; please try <fogg@reform-club.com>"}),
    Expect("phileas.fogg", status="undeliverable", verdict="undeliverable",
           reason="mailbox-moved", code=551, cls="mailbox-moved", score_at_most=3),
)
