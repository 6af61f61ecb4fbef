"""Turns us away at the greeting because our address is listed."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("listed-at-the-door.com"),
    Host("mx1",
         banner=Drop("554 5.7.1 Service unavailable; Client host [{client}] blocked using "
                     "zen.spamhaus.org; https://www.spamhaus.org/query/ip/{client}")),
    Expect("bud.abbott", status="unknown", verdict="unknown", reason="policy", asked="refused",
           catchall=False, connections=1),
)
