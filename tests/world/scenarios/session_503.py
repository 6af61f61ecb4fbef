"""503 at RCPT after an accepted MAIL: out of step, nothing about the mailbox."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("wrong-footed.com"),
    Host("mx1", rcpt={"*": "503 5.5.1 Error: send HELO first"}),
    Expect("fred.astaire", status="unknown", verdict="unknown", reason="session", cls="session",
           code=503, catchall=False),
)
