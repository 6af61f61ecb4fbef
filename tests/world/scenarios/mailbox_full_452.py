"""Full, worded as temporary."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("overflowing-inbox.com"),
    Host("mx1",
         rcpt={"miss.havisham": "452 4.2.2 The email account that you tried to reach is over "
                                "quota"}),
    Expect("miss.havisham", status="unknown", reason="mailbox-full", cls="mailbox-full", code=452),
)
