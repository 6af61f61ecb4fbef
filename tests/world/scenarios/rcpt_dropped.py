"""Hangs up on RCPT instead of answering."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("dropped-calls.com"),
    Host("mx1", rcpt={"*": Drop()}),
    Expect("alexander.bell", status="unknown", verdict="unknown", reason="disconnected",
           end="disconnected", catchall=False),
)
