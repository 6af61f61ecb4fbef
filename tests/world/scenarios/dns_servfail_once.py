"""SERVFAIL from the only name server, which would know better a moment later: it has answered, so
it is not pestered, and nothing is known of the address."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("second-wind.com", dns={("@", "MX"): "first:1:servfail"}),
    Host("mx1", rcpt={"emil.zatopek": "250 2.1.5 Ok"}),
    Expect("emil.zatopek", status="unknown", reason="dns-failure", asked="could-not",
           connections=0, questions={"second-wind.com/MX": 1}, seconds=5),
)
