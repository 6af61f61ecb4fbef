"""Refuses both, but the real address with other words: it knows the address."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("meridian-partners.com"),
    Host("mx1", rcpt={"laura.palmer": "550 5.7.1 Message rejected due to local policy, contact "
                                      "your administrator"}),
    Expect("laura.palmer", status="likely_valid", reason="recognised", policy="differential",
           catchall=False, code=550, cls="policy", factor="Server recognizes address (+2.5)",
           rcpts=2),
    show=True,
)
