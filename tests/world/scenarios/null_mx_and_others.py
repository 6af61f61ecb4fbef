"""A null MX beside a real one: broken (RFC 7505 3), and the real one is used."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("mixed-messages.com", mx=[(20, "mx1")], records=("@ IN MX 0 .",)),
    Host("mx1", rcpt={"mixed.doubles": "250 2.1.5 Ok"}),
    Expect("mixed.doubles", status="deliverable", reason="accepted", connections=1),
)
