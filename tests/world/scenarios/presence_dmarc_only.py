"""DMARC and a web site; what looks like SPF is not ("v=spf10")."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("spoof-proof-shoes.com", spf=False,
           records=("@ IN TXT \"v=spf10 not what it seems\"",
                    "@ IN TXT \"google-site-verification=abc\"")),
    Host("mx1", rcpt={"mary.miller": "250 2.1.5 Ok"}),
    Expect("mary.miller", status="deliverable",
           factors=["MX found (+2)", "SMTP connected (+1)", "EHLO accepted (+0.5)",
                    "MAIL FROM accepted (+0.5)", "RCPT TO accepted (+3)", "DMARC record (+0.5)",
                    "Website exists (+0.25)", "Real name pattern (+0.5)"]),
)
