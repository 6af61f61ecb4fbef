"""TLS is required, and its handshake fails: nothing is known, within two connections."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("jammed-safe.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",), tls_break="alert",
         mail="530 5.7.0 Must issue a STARTTLS command first"),
    Expect("danny.ocean", status="unknown", verdict="unknown", reason="tls",
           connections=2),
)
