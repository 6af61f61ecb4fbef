"""TLS 1.2 at most."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("vintage-ciphers.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",), tls_max="1.2",
         mail="530 5.7.0 Must issue a STARTTLS command first", tls_mail="250 2.1.0 Ok",
         rcpt={"alan.turning": "250 2.1.5 Ok"}),
    Expect("alan.turning", status="deliverable", reason="accepted", code=250, tls=True),
)
