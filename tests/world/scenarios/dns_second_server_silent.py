"""The first resolver is dead, the second answers."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("night-shift-nurses.com"),
    Host("mx1", rcpt={"flo.gale": "250 2.1.5 Ok"}),
    Expect("flo.gale", status="deliverable", reason="accepted", code=250, seconds=8),
    settings={"dns.servers": "{net}.0.57:53,{net}.0.53:53"},
)
