"""The best MX puts MAIL off: the next one is asked."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("back-office-mail.com", mx=["mx1", "mx2"]),
    Host("mx1", mail="451 4.3.0 Internal error"),
    Host("mx2", rcpt={"bob.cratchit": "250 2.1.5 Ok"}),
    Expect("bob.cratchit", status="deliverable", reason="accepted", code=250,
           host="mx2.back-office-mail.com"),
)
