"""SERVFAIL the first time, then an answer: the second try counts."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("second-wind.com", dns={("@", "MX"): "first:1:servfail"}),
    Host("mx1", rcpt={"emil.zatopek": "250 2.1.5 Ok"}),
    Expect("emil.zatopek", status=("deliverable", "unknown"), seconds=5),
)
