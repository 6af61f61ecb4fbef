"""A UTF-8 local part at a server without SMTPUTF8: it cannot be asked, and nothing is sent to
it."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("seven-bit-museum.com"),
    Host("mx1", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("jürgen.klein", status="unknown", verdict="unknown", reason="needs-smtputf8",
           catchall=False, rcpts=0, quit=True),
)
