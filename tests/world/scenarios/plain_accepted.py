"""An ordinary server: PIPELINING, knows its users.

Cold address: three waits (banner, EHLO, one batch), one connection, one made-up recipient."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("northwind-traders.com"),
    Host("mx1", rcpt={"nancy.davolio": "250 2.1.5 Ok"}),
    Expect("nancy.davolio", status="deliverable", verdict="deliverable", reason="accepted",
           asked="yes", policy="none", catchall=False, code=250, cls="accepted", end="answered",
           connect="ok", host="mx1.northwind-traders.com", mx=["mx1.northwind-traders.com"],
           factor="RCPT TO accepted (+3)", connections=1, waits=3, rcpts=2, tls=False, quit=True),
    show=True,
)
