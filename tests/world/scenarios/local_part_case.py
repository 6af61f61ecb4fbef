"""Local parts keep their case on the wire; domains do not matter."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("case-sensitive.com"),
    Host("mx1", rcpt={"McGonagall": "250 2.1.5 Ok", "mcgonagall": "550 5.1.1 User unknown"}),
    Expect("McGonagall", domain="Case-Sensitive.COM", status="deliverable", reason="accepted",
           code=250),
)
