"""The answer to RCPT drips in, 0.4 s an octet."""
from simnet.scenario import Domain, Drip, Expect, Host, Scenario

scenario = Scenario(
    Domain("eye-drops.com"),
    Host("mx1", rcpt={"*": Drip("550 5.1.1 User unknown", 0.4)}),
    Expect("odilon.redon", status="unknown", verdict="unknown", reason="timeout", seconds=9),
)
