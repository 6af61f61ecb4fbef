"""No MX record, and the domain's address drops our SYNs."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("firewalled-web-site.com", mx=None, a=False),
    Host("@", state="deaf"),
    Expect("guy.montag", status="invalid", reason="no-mail-server", mx=[], seconds=9),
)
