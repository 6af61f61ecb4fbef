"""Says nothing to the made-up recipient: the target's answer is already in hand."""
from simnet.scenario import Domain, Expect, Host, Scenario, Silent

scenario = Scenario(
    Domain("pregnant-pause.com"),
    Host("mx1", rcpt={"harold.pinter": "250 2.1.5 Ok", "*": Silent()}),
    Expect("harold.pinter", status="deliverable", reason="accepted", catchall=False, code=250,
           seconds=10),
)
