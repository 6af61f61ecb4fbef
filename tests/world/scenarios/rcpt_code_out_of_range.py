"""A code that begins with 6."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("sixth-sense.com"),
    Host("mx1", rcpt={"*": Raw(b"650 5.1.1 I see dead mailboxes\r\n")}),
    Expect("cole.sear", status="unknown", verdict="unknown", reason="protocol", end="protocol"),
)
