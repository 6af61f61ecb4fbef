"""A reply too many, no PIPELINING, and it comes when RCPT is already under way."""
from simnet.scenario import UNKNOWN_USER, Domain, Expect, Host, Raw, Scenario, Wait

scenario = Scenario(
    Domain("staircase-wit.com"),
    Host("mx1", ehlo=("8BITMIME",), mail=Raw([b"250 2.1.0 Ok\r\n", b"250 2.1.5 Ok\r\n"]),
         rcpt={"*": Wait(0.06, UNKNOWN_USER)}),
    Expect("denis.diderot", status="unknown", verdict="unknown", reason="protocol"),
)
