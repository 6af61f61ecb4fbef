""""Exceeded storage allocation" with no enhanced code means full (B13)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("cramped-quarters.com"),
    Host("mx1",
         rcpt={"homer.collyer": "552 Requested mail action aborted: exceeded storage allocation"}),
    Expect("homer.collyer", status="unknown", reason="mailbox-full", cls="mailbox-full", code=552),
)
