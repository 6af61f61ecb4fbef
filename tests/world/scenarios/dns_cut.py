"""The last record of the answer is cut off."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("unfinished-symphony.com", dns={("@", "MX"): "cut"}),
    Host("mx1", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("franz.schubert", status="unknown", verdict="unknown", reason="dns-failure",
           connections=0, seconds=8),
)
