"""Nothing is configured: the null sender and a name of our own, and nobody else's."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("john-doe-and-co.com"),
    Host("mx1", rcpt={"jane.roe": "250 2.1.5 Ok"}),
    Expect("jane.roe", status="deliverable", mail_from="", connections=1, waits=3),
    settings={"smtp.helo_name": "", "smtp.mail_from": ""},
)
