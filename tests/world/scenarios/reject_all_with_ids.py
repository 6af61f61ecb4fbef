"""The same refusal for all, but with the recipient, a time and an id in it."""
from simnet.scenario import Domain, Expect, Host, Scenario, Turns

scenario = Scenario(
    Domain("ticket-numbers.com"),
    Host("mx1",
         rcpt={"*": Turns("550 5.7.1 <{rcpt}> denied by policy (id 4XyZ1a2Bc3, 17:20:31)",
                          "550 5.7.1 <{rcpt}> denied by policy (id 4XyZ9d8Ef7, 17:20:32)")}),
    Expect("josef.k", status="unknown", reason="reject-all", policy="reject-all", code=550),
)
