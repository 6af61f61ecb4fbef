"""Accepts the target, refuses the made-up recipient by policy."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("guest-list-only.com"),
    Host("mx1", rcpt={"jay.gatsby": "250 2.1.5 Ok", "*": "550 5.7.1 Delivery not authorized"}),
    Expect("jay.gatsby", status="deliverable", reason="accepted", catchall=False, code=250),
)
