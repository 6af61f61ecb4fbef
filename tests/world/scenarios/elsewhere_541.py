"""5.4.1 "Access denied" from a host that is not Exchange Online is policy, whoever was accepted."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("not-exchange-at-all.com"),
    Host("mx1", rcpt={"*": "550 5.4.1 Recipient address rejected: Access denied"}),
    Expect("bill.lumbergh", status="unknown", verdict="unknown", reason=("reject-all", "policy"),
           code=550),
)
