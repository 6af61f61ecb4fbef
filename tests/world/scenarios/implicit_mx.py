"""No MX record: the domain's own address takes the mail (RFC 5321 5.1)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("old-fashioned-host.com", mx=None, a=False),
    Host("@", rcpt={"miss.marple": "250 2.1.5 Ok"}),
    Expect("miss.marple", status="deliverable", reason="accepted", code=250, mx=[], policy="none",
           host="old-fashioned-host.com", connections=1,
           factors=["SMTP connected (+1)", "EHLO accepted (+0.5)", "MAIL FROM accepted (+0.5)",
                    "RCPT TO accepted (+3)", "SPF record (+0.5)", "DMARC record (+0.5)",
                    "Website exists (+0.25)"]),
    Expect("mister.stringer", status="undeliverable", reason="no-such-mailbox", mx=[]),
)
