"""A reply whose lines carry different codes."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("two-minds.com"),
    Host("mx1", rcpt={"*": Raw(b"250-2.1.5 Ok\r\n550 5.1.1 No such user\r\n")}),
    Expect("henry.jekyll", status="unknown", verdict="unknown", reason="protocol", end="protocol"),
)
