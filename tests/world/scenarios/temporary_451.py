"""A lookup behind the server fails: nothing about the mailbox."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("ldap-is-down.com"),
    Host("mx1", rcpt={"*": "451 4.3.0 <{rcpt}>: Temporary lookup failure"}),
    Expect("linus.larrabee", status="unknown", verdict="unknown", reason="temporary", code=451,
           cls="temporary", factor="Deferred (+1)", catchall=False),
)
