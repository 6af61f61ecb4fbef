"""The best MX refuses connections, the second answers."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("plan-b-partners.com", mx=["mx1", "mx2"]),
    Host("mx1", state="refused"),
    Host("mx2", rcpt={"robert.bruce": "250 2.1.5 Ok"}),
    Expect("robert.bruce", status="deliverable", reason="accepted", code=250,
           host="mx2.plan-b-partners.com", factor="Multiple MX (+0.5)", dials={"mx2": 1}),
)
