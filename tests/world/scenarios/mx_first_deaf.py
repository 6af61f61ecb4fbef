"""The best MX drops our SYNs, the second answers."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("patience-rewarded.com", mx=["mx1", "mx2"]),
    Host("mx1", state="deaf"),
    Host("mx2", rcpt={"griselda.walter": "250 2.1.5 Ok"}),
    Expect("griselda.walter", status="deliverable", reason="accepted", code=250,
           host="mx2.patience-rewarded.com", seconds=8),
)
