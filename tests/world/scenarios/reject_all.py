"""Refuses real and made-up recipients with the same words."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("fortress-legal.com"),
    Host("mx1", rcpt={"*": "550 5.7.1 <{rcpt}>: Recipient address rejected: Access denied"}),
    Expect("helen.mirren", status="unknown", verdict="unknown", reason="reject-all",
           policy="reject-all", catchall=False, code=550, cls="policy",
           factor="Access denied (0)", rcpts=2),
    show=True,
)
