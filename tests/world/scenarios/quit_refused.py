"""Answers QUIT with an error."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("hotel-california.com"),
    Host("mx1", rcpt={"don.henley": "250 2.1.5 Ok"}, quit="502 5.5.1 You can never leave"),
    Expect("don.henley", status="deliverable", reason="accepted", code=250, connections=1,
           seconds=4),
)
