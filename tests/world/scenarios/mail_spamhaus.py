"""Our address is listed, said at MAIL."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("blocklist-believers.com"),
    Host("mx1",
         mail="550 5.7.1 Service unavailable, Client host [{client}] blocked using Spamhaus. To "
              "request removal see https://www.spamhaus.org/lookup.lasso"),
    Expect("sam.spade", status="unknown", verdict="unknown", reason="policy", asked="refused",
           connections=1, quit=True),
)
