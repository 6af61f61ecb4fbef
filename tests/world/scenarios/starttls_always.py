"""The operator wants TLS wherever it is offered."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("belt-and-braces.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",), rcpt={"george.smiley": "250 2.1.5 Ok"}),
    Expect("george.smiley", status="deliverable", reason="accepted", code=250, tls=True,
           connections=1),
    settings={"smtp.starttls": "always"},
)
