"""Never answers QUIT: the verdict in hand stays (B15)."""
from simnet.scenario import Domain, Expect, Host, Scenario, Silent

scenario = Scenario(
    Domain("no-goodbyes.com"),
    Host("mx1", rcpt={"ilsa.lund": "250 2.1.5 Ok"}, quit=Silent()),
    Expect("ilsa.lund", status="deliverable", verdict="deliverable", reason="accepted", code=250,
           connections=1, seconds=4),
    Expect("ilsa.bund", status="undeliverable", reason="no-such-mailbox", code=550, connections=1,
           seconds=4),
)
