"""No MX record, and at the domain's address nobody listens on port 25: it has no mail."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("web-site-only.com", mx=None),
    Expect("web.master", status="invalid", verdict="undeliverable", reason="no-mail-server",
           mx=[], policy="none", catchall=False),
    show=True,
)
