"""The MX is known, its address cannot be asked for."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("lost-directions.com", dns={("mx1.@", "*"): "servfail"}),
    Host("mx1", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("hansel.gretel", status="unknown", verdict="unknown",
           reason=("dns-failure", "unreachable"), asked="could-not",
           mx=["mx1.lost-directions.com"], connections=0),
)
