"""The made-up recipient runs into a session limit (Exchange: "multiple regions"): the target's
answer stays (B6)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("regional-offices.com"),
    Host("mx1",
         rcpt={"willy.loman": "250 2.1.5 Ok",
               "*": "452 4.5.3 Recipients belong to multiple regions ATTR38"}),
    Expect("willy.loman", status="deliverable", reason="accepted", catchall=False, code=250),
)
