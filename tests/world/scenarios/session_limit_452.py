"""452 4.5.3: too many recipients in this session, nothing about this one."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("one-at-a-time.com"),
    Host("mx1", rcpt={"*": "452 4.5.3 Error: too many recipients"}),
    Expect("noah.ark", status="unknown", verdict="unknown", reason="session", cls="session",
           code=452, catchall=False),
)
