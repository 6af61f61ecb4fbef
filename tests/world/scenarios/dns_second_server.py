"""The first resolver refuses everything, the second answers."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("understudy-theatre.com"),
    Host("mx1", rcpt={"eve.channing": "250 2.1.5 Ok"}),
    Expect("eve.channing", status="deliverable", reason="accepted", code=250, seconds=5),
    settings={"dns.servers": "{net}.0.55:53,{net}.0.53:53"},
)
