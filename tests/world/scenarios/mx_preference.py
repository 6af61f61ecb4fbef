"""The lowest preference comes first, wherever it stands in the answer; one refusal is enough."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("pecking-order.com", mx=[(30, "backup"), (5, "best"), (20, "spare")]),
    Host("backup", rcpt={"*": "250 2.1.5 Ok"}),
    Host("best", rcpt={"head.hen": "250 2.1.5 Ok"}),
    Host("spare", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("third.hen", status="undeliverable", reason="no-such-mailbox",
           host="best.pecking-order.com", dials={"best": 1, "spare": 0, "backup": 0},
           mx=["best.pecking-order.com", "spare.pecking-order.com", "backup.pecking-order.com"]),
)
