"""Greylisting as most hosts word it."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("come-back-later.com"),
    Host("mx1", rcpt={"*": "451 4.7.1 Greylisting in action, please come back later"}),
    Expect("penelope.ithaca", status="unknown", verdict="unknown", reason="greylisted", code=451,
           cls="greylisted", factor="Deferred (+1)", catchall=False, policy="none"),
)
