"""STARTTLS is offered and not required: plaintext, which costs a twelfth."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("optional-extras.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",), rcpt={"lotte.lenya": "250 2.1.5 Ok"}),
    Expect("lotte.lenya", status="deliverable", reason="accepted", code=250, tls=False,
           connections=1, waits=3),
)
