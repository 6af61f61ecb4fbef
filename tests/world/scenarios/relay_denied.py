"""The MX does not take mail for this domain at all."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("abandoned-domain.com"),
    Host("mx1", rcpt={"*": "554 5.7.1 <{rcpt}>: Relay access denied"}),
    Expect("ozymandias.king", status="undeliverable", verdict="undeliverable",
           reason="domain-not-here", code=554, cls="domain-not-here", score_at_most=3),
    show=True,
)
