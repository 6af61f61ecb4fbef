"""Says 220 to STARTTLS and nothing to the handshake."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("cold-handshake.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",),
         mail="530 5.7.0 Must issue a STARTTLS command first", tls_break="silent"),
    Expect("john.lecarre", status="unknown", verdict="unknown", reason="tls", tls=False,
           seconds=12),
)
