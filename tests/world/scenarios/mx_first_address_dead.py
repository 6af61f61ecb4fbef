"""The only MX has two addresses, the first refuses connections."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("two-front-doors.com"),
    Host("mx1", addresses=2, dead_addresses=1, rcpt={"janus.roman": "250 2.1.5 Ok"}),
    Expect("janus.roman", status="deliverable", reason="accepted", code=250, connections=1),
)
