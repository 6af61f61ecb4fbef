"""Gmail: four-line refusal of unknown users, known provider."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("gmail.com", mx=[(5, "gmail-smtp-in.l.google.com.")]),
    Host("gmail-smtp-in.l.google.com.",
         banner="220 mx.google.com ESMTP a640c23a62f3a-b7654f - gsmtp",
         ehlo=("SIZE 157286400", "8BITMIME", "STARTTLS", "ENHANCEDSTATUSCODES", "PIPELINING",
               "CHUNKING", "SMTPUTF8"), mail="250 2.1.0 OK a640c23a62f3a-b7654f - gsmtp",
         rcpt={"emma.thompson": "250 2.1.5 OK a640c23a62f3a-b7654f - gsmtp",
               "full.house": "452-4.2.2 The recipient's inbox is out of storage space. Please "
                             "direct the\n"
                             "452-4.2.2 recipient to\n"
                             "452 4.2.2  https://support.google.com/mail/?p=OverQuotaTemp "
                             "a640c23a62f3a - gsmtp",
               "gone.girl": "550-5.2.1 The email account that you tried to reach is inactive. "
                            "For more\n"
                            "550-5.2.1 information, go to\n"
                            "550 5.2.1  https://support.google.com/mail/?p=DisabledUser "
                            "a640c23a62f3a - gsmtp",
               "*": "550-5.1.1 The email account that you tried to reach does not exist. Please "
                    "try\n"
                    "550-5.1.1 double-checking the recipient's email address for typos or\n"
                    "550-5.1.1 unnecessary spaces. For more information, go to\n"
                    "550 5.1.1  https://support.google.com/mail/?p=NoSuchUser a640c23a62f3a - "
                    "gsmtp"}),
    Expect("emma.thompson", status="deliverable", reason="accepted", catchall=False, code=250,
           factor="Known provider (+0.25)", tls=False, waits=3),
    Expect("emma.tompson", status="undeliverable", reason="no-such-mailbox", code=550),
    Expect("full.house", status="unknown", reason="mailbox-full", code=452),
    Expect("gone.girl", status="undeliverable", reason="mailbox-disabled", code=550),
    show=True,
)
