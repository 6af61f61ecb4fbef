"""Refuses our sender at MAIL; the 503 to the pipelined RCPT is about the session, not the
mailbox."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("picky-post-office.com"),
    Host("mx1",
         mail="550 5.1.8 <probe@vrfy-world.com>: Sender address rejected: Domain not found"),
    Expect("newman.postman", status="unknown", verdict="unknown", reason="policy",
           asked="refused", policy="none", catchall=False, connections=1, quit=True),
)
