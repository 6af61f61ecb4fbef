"""A NUL inside a reply."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("null-and-void.com"),
    Host("mx1", rcpt={"*": Raw(b"550 5.1.1 No such\0user\r\n")}),
    Expect("tony.hoare", status="unknown", verdict="unknown", reason="protocol", end="protocol"),
)
