"""LIMITS RCPTMAX=1 (RFC 9422): one recipient a transaction, the target's answer is not lost."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("single-file-please.com"),
    Host("mx1", ehlo=KEYWORDS + ("LIMITS RCPTMAX=1",),
         rcpt={"han.solo": "250 2.1.5 Ok", "*": "452 4.5.3 One recipient per transaction"}),
    Expect("han.solo", status="deliverable", reason="accepted", code=250, catchall=False),
)
