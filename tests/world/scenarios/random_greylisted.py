"""Accepts the target, greylists the made-up recipient: inconclusive, hence no catch-all
(AfterShip)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("fair-weather-friends.com"),
    Host("mx1",
         rcpt={"dorian.gray": "250 2.1.5 Ok", "*": "450 4.2.0 Greylisted, try again in 300 s"}),
    Expect("dorian.gray", status="deliverable", reason="accepted", catchall=False, policy="none",
           code=250),
)
