"""Accepts everybody, but this account is switched off (B7)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("revolving-doors.com"),
    Host("mx1", rcpt={"milton.waddams": "550 5.2.1 Account disabled", "*": "250 2.1.5 Ok"}),
    Expect("milton.waddams", status="undeliverable", reason="mailbox-disabled", code=550),
)
