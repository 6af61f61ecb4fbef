"""A throw-away service: its syntax is fine, its mailbox is there, and the list says what it is
(B5)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("guerrillamail.com"),
    Host("mx1", rcpt={"tyler.durden": "250 2.1.5 Ok"}),
    Expect("tyler.durden", status="deliverable", reason="accepted",
           factor="Disposable domain (-3)"),
    show=True,
)
