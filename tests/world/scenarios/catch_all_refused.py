"""Accepts everybody but this one: refused is refused, the made-up recipient does not overrule
it."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("persona-non-grata.com"),
    Host("mx1", rcpt={"dreyfus.alfred": "550 5.1.1 User unknown", "*": "250 2.1.5 Ok"}),
    Expect("dreyfus.alfred", status="undeliverable", reason="no-such-mailbox", code=550),
)
