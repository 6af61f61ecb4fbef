"""A CR inside a reply."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("carriage-makers.com"),
    Host("mx1", rcpt={"*": Raw(b"550 5.1.1 No such\ruser\r\n")}),
    Expect("henry.brougham", status="unknown", verdict="unknown", reason="protocol",
           end="protocol"),
)
