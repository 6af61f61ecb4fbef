"""A UTF-8 local part at a server that offers SMTPUTF8."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("umlaut-enthusiasts.com"),
    Host("mx1", ehlo=KEYWORDS + ("SMTPUTF8",), rcpt={"jürgen.groß": "250 2.1.5 Ok"}),
    Expect("jürgen.groß", status="deliverable", reason="accepted", code=250, connections=1),
    Expect("jörgen.groß", status="undeliverable", reason="no-such-mailbox", code=550,
           connections=1),
)
