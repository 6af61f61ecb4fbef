"""A forged "no such name" with a wrong id arrives before the answer."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("kaminsky-attack.com", dns={("@", "MX"): "wrong-id-first"}),
    Host("mx1", rcpt={"dan.kaminsky": "250 2.1.5 Ok"}),
    Expect("dan.kaminsky", status="deliverable", reason="accepted", code=250),
)
