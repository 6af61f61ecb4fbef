"""The operator wants no TLS; a server that insists on it cannot be asked."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("secrets-only.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",),
         mail="530 5.7.0 Must issue a STARTTLS command first", tls_mail="250 2.1.0 Ok"),
    Expect("harry.palmer", status="unknown", verdict="unknown", reason="tls",
           tls=False),
    settings={"smtp.starttls": "off"},
)
