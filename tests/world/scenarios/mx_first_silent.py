"""The best MX never greets: the next one is asked within the deadline."""
from simnet.scenario import Domain, Expect, Host, Scenario, Silent

scenario = Scenario(
    Domain("talkative-backup.com", mx=["mx1", "mx2"]),
    Host("mx1", banner=Silent()),
    Host("mx2", rcpt={"penn.teller": "250 2.1.5 Ok"}),
    Expect("penn.teller", status="deliverable", reason="accepted", code=250,
           host="mx2.talkative-backup.com", seconds=10),
)
