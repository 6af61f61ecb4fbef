"""An ordinary server that does not know the user (550 5.1.1).

An unambiguous refusal needs no second look; the random recipient may ride in the same batch."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("contoso-logistics.com"),
    Host("mx1", rcpt={"sales": "250 2.1.5 Ok"}),
    Expect("peter.nobody", status="undeliverable", verdict="undeliverable",
           reason="no-such-mailbox", asked="yes", policy="none", catchall=False, code=550,
           cls="no-such-mailbox", score_at_most=3, factor="Mailbox not found (-3)",
           connections=1, waits=3, rcpts_at_most=2, quit=True),
    show=True,
)
