"""Resets the connection on RCPT."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("hard-reset.com"),
    Host("mx1", rcpt={"*": Drop(reset=True)}),
    Expect("grace.hoper", status="unknown", verdict="unknown", reason="disconnected",
           end="disconnected", catchall=False),
)
