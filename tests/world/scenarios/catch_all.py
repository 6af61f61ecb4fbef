"""Accepts every recipient: whether this one exists nobody can tell."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("evergreen-catering.com"),
    Host("mx1", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("maria.santos", status="unknown", reason="catch-all", asked="yes",
           policy="accept-all", catchall=True, code=250, cls="accepted",
           factor="Catch-all server (-1.5)", connections=1, waits=3, rcpts=2),
    show=True,
)
