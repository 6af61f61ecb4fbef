"""The name and sender we give are the settings', never the recipient's or a big provider's (B11,
B14)."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("checks-your-papers.com"),
    Host("mx1", rcpt={"rick.blaine": "250 2.1.5 Ok"}),
    Expect("rick.blaine", status="deliverable", helo="probe.vrfy-world.com",
           mail_from="probe@vrfy-world.com", connections=1),
)
