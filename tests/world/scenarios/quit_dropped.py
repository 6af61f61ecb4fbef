"""Closes on QUIT without a word: the verdict in hand stays."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("irish-exit.com"),
    Host("mx1", rcpt={"molly.bloom": "250 2.1.5 Ok"}, quit=Drop()),
    Expect("molly.bloom", status="deliverable", reason="accepted", code=250, connections=1,
           seconds=3),
)
