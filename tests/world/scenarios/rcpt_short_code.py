"""A code of two digits."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("short-change.com"),
    Host("mx1", rcpt={"*": Raw(b"55 no such user\r\n")}),
    Expect("wallet.light", status="unknown", verdict="unknown", reason="protocol", end="protocol"),
)
