"""The tag behind "+" is part of what is asked."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("plus-one-events.com"),
    Host("mx1", rcpt={"anna.berg+news": "250 2.1.5 Ok"}),
    Expect("anna.berg+news", status="deliverable", reason="accepted", code=250),
)
