"""EHLO keywords in lower case (RFC 5321 2.4): PIPELINING all the same."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("quiet-voices.com"),
    Host("mx1", ehlo="250-{host}\n250-pipelining\n250 8bitmime",
         rcpt={"ee.cummings": "250 2.1.5 Ok"}),
    Expect("ee.cummings", status="deliverable", reason="accepted", code=250, waits=3,
           connections=1),
)
