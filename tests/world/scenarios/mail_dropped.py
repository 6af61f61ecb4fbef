"""Hangs up on MAIL."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("drops-the-letter.com"),
    Host("mx1", mail=Drop()),
    Expect("buster.brown", status="unknown", verdict="unknown", reason="disconnected",
           end="disconnected"),
)
