"""Only the DMARC question gets no answer: the verdict does not wait for it beyond its timeout."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("half-an-answer.com", dns={("_dmarc.@", "*"): "timeout"}),
    Host("mx1", rcpt={"james.wilson": "250 2.1.5 Ok"}),
    Expect("james.wilson", status="deliverable", reason="accepted", code=250, seconds=5,
           factors=["MX found (+2)", "SMTP connected (+1)", "EHLO accepted (+0.5)",
                    "MAIL FROM accepted (+0.5)", "RCPT TO accepted (+3)", "SPF record (+0.5)",
                    "Website exists (+0.25)", "Real name pattern (+0.5)"]),
)
