"""MAIL is refused until STARTTLS: TLS on the same connection, then the usual answer."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("vault-insurance.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",), mail="530 5.7.0 Must issue a STARTTLS command first",
         tls_mail="250 2.1.0 Ok", rcpt={"claims.desk": "250 2.1.5 Ok"}),
    Expect("claims.desk", status="deliverable", reason="accepted", code=250, tls=True,
           connections=1, quit=True),
    Expect("claims.dusk", status="undeliverable", reason="no-such-mailbox", code=550, tls=True,
           connections=1),
)
