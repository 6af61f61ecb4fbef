"""Answers carry a wrong id: they are somebody else's, and none of ours ever comes."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("spoofed-answers.com", dns={("@", "MX"): "wrong-id"}),
    Host("mx1", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("john.smith", status="unknown", reason="dns-failure", asked="could-not", connections=0,
           seconds=10),
)
