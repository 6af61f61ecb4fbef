"""Hangs up on the made-up recipient: the target's answer is already in hand."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("trap-door.com"),
    Host("mx1", rcpt={"harry.houdini": "250 2.1.5 Ok", "*": Drop()}),
    Expect("harry.houdini", status="deliverable", reason="accepted", catchall=False, code=250),
)
