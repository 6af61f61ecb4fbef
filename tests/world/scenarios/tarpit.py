"""Unknown recipients are answered after 0.9 s (Exchange waits 5): slow is not wrong."""
from simnet.scenario import Domain, Expect, Host, Scenario, Wait

scenario = Scenario(
    Domain("molasses-refinery.com"),
    Host("mx1", rcpt={"brer.rabbit": "250 2.1.5 Ok", "*": Wait(0.9, "550 5.1.1 User unknown")}),
    Expect("tar.baby", status="undeliverable", reason="no-such-mailbox", code=550, connections=1),
    Expect("brer.rabbit", status="deliverable", reason="accepted", catchall=False, connections=1),
)
