"""Greylisting that lets us in when we come again: the second time one address, the third time
another.  A single check sees the first answer only; tests/api/test_bulk comes again."""
from simnet.scenario import Domain, Expect, Host, Scenario, Turns

LATER = "451 4.7.1 Greylisting in action, please come back later"

scenario = Scenario(
    Domain("third-time-lucky.com"),
    Host("mx1", rcpt={"phileas.fogg": Turns(LATER, "250 2.1.5 Ok"),
                      "jean.passepartout": Turns(LATER, LATER, "250 2.1.5 Ok"),
                      "*": "550 5.1.1 User unknown"}),
    Expect("phileas.fogg", status="unknown", verdict="unknown", reason="greylisted", code=451,
           cls="greylisted", factor="Deferred (+1)", catchall=False, policy="none"),
)
