"""Implicit TLS is asked for where only port 25 listens."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("front-door-only.com"),
    Host("mx1", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("peter.rabbit", port=465, status="unknown", verdict="unknown", reason="unreachable",
           asked="could-not", connect="refused", connections=0),
)
