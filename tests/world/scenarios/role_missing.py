"""An info@ that does not exist is undeliverable, role or not (B4)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("no-information-desk.com"),
    Host("mx1", rcpt={"sales": "250 2.1.5 Ok"}),
    Expect("info", status="undeliverable", verdict="undeliverable", reason="no-such-mailbox",
           factor="Role account (-0.5)"),
    Expect("sales", status="deliverable", factor="Role account (-0.5)", catchall=False),
)
