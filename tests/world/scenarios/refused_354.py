"""A reply code that makes no sense at RCPT."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("confused-server.com"),
    Host("mx1", rcpt={"*": "354 End data with <CR><LF>.<CR><LF>"}),
    Expect("humpty.dumpty", status="unknown", verdict="unknown", code=None),
)
