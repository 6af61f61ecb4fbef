"""Outlook.com: 5.5.0 "mailbox unavailable" means no such user."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("outlook.com", mx=["outlook-com.olc.protection.outlook.com."]),
    Host("outlook-com.olc.protection.outlook.com.",
         banner="220 AM4PEPF00027A62.mail.protection.outlook.com Microsoft ESMTP MAIL Service "
                "ready",
         ehlo=("SIZE 49283072", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "STARTTLS",
               "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8"), mail="250 2.1.0 Sender OK",
         rcpt={"kate.winslet": "250 2.1.5 Recipient OK",
               "*": "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)."}),
    Expect("kate.winslet", status="deliverable", reason="accepted", code=250,
           factor="Known provider (+0.25)"),
    Expect("kate.winslow", status="undeliverable", reason="no-such-mailbox", code=550),
)
