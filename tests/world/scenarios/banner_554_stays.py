"""Greets with 554 and waits for QUIT, as RFC 5321 3.1 says: QUIT is owed."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("polite-refusal.com"),
    Host("mx1", banner="554 5.3.2 {host} No SMTP service here"),
    Expect("harpo.marx", status="unknown", verdict="unknown", asked="refused", connections=1,
           quit=True),
)
