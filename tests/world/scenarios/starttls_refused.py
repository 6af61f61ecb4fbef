"""STARTTLS is required and then refused."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("catch-22-airlines.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",),
         mail="530 5.7.0 Must issue a STARTTLS command first",
         starttls="454 4.7.0 TLS not available due to local problem"),
    Expect("john.yossarian", status="unknown", verdict="unknown",
           reason="tls", tls=False),
)
