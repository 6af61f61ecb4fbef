"""A domain with an umlaut is asked for by its A-label."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("xn--bcherwelt-online-jzb.com"),
    Host("mx1", rcpt={"anna.seghers": "250 2.1.5 Ok"}),
    Expect("anna.seghers", domain="bücherwelt-online.com", status="deliverable",
           reason="accepted", code=250, mx=["mx1.xn--bcherwelt-online-jzb.com"], connections=1),
)
