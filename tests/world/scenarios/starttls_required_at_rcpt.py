"""The recipient is refused until STARTTLS: about the session, not about the mailbox."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("glass-envelopes.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",),
         rcpt={"*": "530 5.7.0 Must issue a STARTTLS command first"},
         tls_rcpt={"mata.hari": "250 2.1.5 Ok"}),
    Expect("mata.hari", status="deliverable", reason="accepted", code=250, tls=True),
)
