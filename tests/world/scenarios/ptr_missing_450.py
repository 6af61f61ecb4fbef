"""The same, worded as temporary."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("hostname-sticklers.com"),
    Host("mx1",
         rcpt={"*": "450 4.7.25 Client host rejected: cannot find your hostname, [{client}]"}),
    Expect("basil.fawlty", status="unknown", verdict="unknown",
           reason=("policy", "temporary", "reject-all"), code=450, catchall=False),
)
