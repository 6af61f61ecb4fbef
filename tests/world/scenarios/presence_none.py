"""No SPF, no DMARC, no web site."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("bare-bones-diner.com", a=False, spf=False, dmarc=False),
    Host("mx1", rcpt={"mary.baker": "250 2.1.5 Ok"}),
    Expect("mary.baker", status="deliverable", score=8,
           factors=["MX found (+2)", "SMTP connected (+1)", "EHLO accepted (+0.5)",
                    "MAIL FROM accepted (+0.5)", "RCPT TO accepted (+3)",
                    "Real name pattern (+0.5)"]),
)
