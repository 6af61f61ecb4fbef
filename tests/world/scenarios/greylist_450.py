"""Greylisting worded with "Recipient address rejected" (B2): deferred, never invalid."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("harbour-lights.com"),
    Host("mx1", rcpt={"*": "450 4.2.0 <{rcpt}>: Recipient address rejected: Greylisted, see "
                           "http://postgrey.schweikert.ch/help/"}),
    Expect("anna.keller", status="unknown", verdict="unknown", reason="greylisted",
           policy="none", catchall=False, code=450, cls="greylisted", factor="Deferred (+1)",
           connections=1),
    show=True,
)
