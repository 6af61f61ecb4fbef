"""PIPELINING is offered before TLS and not inside: what was offered before is forgotten."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("amnesia-clinic.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",), tls_keywords=("SIZE 10240000",),
         mail="530 5.7.0 Must issue a STARTTLS command first", tls_mail="250 2.1.0 Ok",
         rcpt={"leonard.shelby": "250 2.1.5 Ok"}),
    Expect("leonard.shelby", status="deliverable", reason="accepted", code=250, tls=True),
)
