"""Takes five seconds for one address: a server that looks its clients up first, then thinks.  So
many checks like this one are what fills a verifier; tests/api/test_capacity asks 250 at once."""
from simnet.scenario import Domain, Expect, Host, Scenario, Wait

scenario = Scenario(
    Domain("glacier-express.com"),
    Host("mx1", banner=Wait(2.2, "220 {host} ESMTP"),
         rcpt={"heidi.alm": Wait(1.4, "250 2.1.5 Ok"), "*": Wait(1.4, "550 5.1.1 User unknown")}),
    Expect("heidi.alm", status="deliverable", reason="accepted", code=250, connections=1, waits=3),
)
