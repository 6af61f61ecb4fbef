"""A callout is under way: "Recipient address rejected", but only for now (B3)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("second-opinions.com"),
    Host("mx1",
         rcpt={"*": "450 4.1.1 <{rcpt}>: Recipient address rejected: unverified address: Address "
                    "verification in progress"}),
    Expect("john.watson", status="unknown", verdict="unknown", reason=("temporary", "greylisted"),
           code=450, factor="Deferred (+1)", catchall=False),
)
