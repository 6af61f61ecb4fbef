"""550 5.7.1 "blocked using Spamhaus" at RCPT: about us, never "does not exist" (B1)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("zen-garden-supplies.com"),
    Host("mx1",
         rcpt={"*": "550 5.7.1 Service unavailable; Client host [{client}] blocked using "
                    "zen.spamhaus.org; https://www.spamhaus.org/query/ip/{client}"}),
    Expect("kenko.yoshida", status="unknown", verdict="unknown", reason=("reject-all", "policy"),
           cls="policy", code=550, catchall=False, factor="Access denied (0)"),
)
