"""Greets after 0.6 s, as hosts do that look us up first; whoever speaks earlier is put out."""
from simnet.scenario import Domain, Expect, Host, Scenario, Wait

scenario = Scenario(
    Domain("early-talkers.com"),
    Host("mx1", banner=Wait(0.6, "220 {host} ESMTP Exim 4.96"),
         rcpt={"james.dean": "250 Accepted"}),
    Expect("james.dean", status="deliverable", reason="accepted", code=250, connections=1, waits=3),
)
