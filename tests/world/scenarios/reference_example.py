"""The reference's own example: two MX, SPF, DMARC, web site, a name, nothing else: 9, ten
factors."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("smith-and-sons.com", mx=["mx1", "mx2"]),
    Host("mx1", rcpt={"john.smith": "250 2.1.5 OK"}),
    Host("mx2", rcpt={"john.smith": "250 2.1.5 OK"}),
    Expect("john.smith", status="deliverable", verdict="deliverable", reason="accepted",
           catchall=False, policy="none", code=250, score=9,
           mx=["mx1.smith-and-sons.com", "mx2.smith-and-sons.com"], host="mx1.smith-and-sons.com",
           factors=["MX found (+2)", "Multiple MX (+0.5)", "SMTP connected (+1)",
                    "EHLO accepted (+0.5)", "MAIL FROM accepted (+0.5)", "RCPT TO accepted (+3)",
                    "SPF record (+0.5)", "DMARC record (+0.5)", "Website exists (+0.25)",
                    "Real name pattern (+0.5)"],
           questions={"smith-and-sons.com/MX": 1, "smith-and-sons.com/TXT": 1,
                      "_dmarc.smith-and-sons.com/TXT": 1, "smith-and-sons.com/A": 1,
                      "mx1.smith-and-sons.com/A": 1}, connections=1, waits=3),
    show=True,
)
