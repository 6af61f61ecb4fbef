"""Exchange words it "451 5.7.3 STARTTLS is required to send mail"."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("certified-couriers.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",), mail="451 5.7.3 STARTTLS is required to send mail",
         tls_mail="250 2.1.0 Sender OK", rcpt={"jason.bourne": "250 2.1.5 Recipient OK"}),
    Expect("jason.bourne", status="deliverable", reason="accepted", code=250, tls=True),
)
