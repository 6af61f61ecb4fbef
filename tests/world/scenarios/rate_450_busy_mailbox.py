"""Gmail's answer for a mailbox that gets too much mail: it may exist, but this is no acceptance."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("popular-person.com"),
    Host("mx1",
         rcpt={"*": "450-4.2.1 The user you are trying to contact is receiving mail at a rate "
                    "that\n"
                    "450 4.2.1 prevents additional messages from being delivered."}),
    Expect("elvis.presley", status="unknown", verdict="unknown",
           reason=("rate-limited", "temporary"), code=450, catchall=False),
)
