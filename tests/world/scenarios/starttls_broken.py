"""The handshake fails: once more in plaintext on a new connection, and TLS changes no verdict."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("rusty-locks.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",), tls_break="alert",
         rcpt={"arsene.lupin": "250 2.1.5 Ok"}),
    Expect("arsene.lupin", status="deliverable", reason="accepted", code=250, tls=False,
           connections=2),
    settings={"smtp.starttls": "always"},
)
