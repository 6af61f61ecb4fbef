"""Accepts everybody, one command at a time."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("open-house-realty.com"),
    Host("mx1", ehlo=("SIZE 10240000",), rcpt={"*": "250 2.1.5 Ok"}),
    Expect("blanche.dubois", status="unknown", reason="catch-all", policy="accept-all",
           catchall=True, waits=5, rcpts_at_most=3, connections=1),
)
