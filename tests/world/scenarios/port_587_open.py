"""A submission port that answers about recipients."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("side-entrance.com"),
    Host("mx1", ports=(587,), rcpt={"dwight.schrute": "250 2.1.5 Ok"}),
    Expect("dwight.schrute", port=587, status="deliverable", reason="accepted", code=250),
    Expect("dwight.shrute", port=587, status="undeliverable", reason="no-such-mailbox", code=550),
)
