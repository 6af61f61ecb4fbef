"""Refuses our sender, but says so at RCPT, with words that sound like the mailbox (B3)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("callback-verifiers.com"),
    Host("mx1",
         rcpt={"*": "550 5.1.8 <probe@vrfy-world.com>: Sender address rejected: User unknown in "
                    "virtual mailbox table; address does not exist"}),
    Expect("jane.doe", status="unknown", verdict="unknown", reason=("policy", "reject-all"),
           cls="policy", code=550),
)
