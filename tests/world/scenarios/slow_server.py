"""Takes 0.6 s for everything: slow, but right."""
from simnet.scenario import Domain, Expect, Host, Scenario, Wait

scenario = Scenario(
    Domain("sunday-drivers.com"),
    Host("mx1", banner=Wait(0.6, "220 {host} ESMTP"), mail=Wait(0.6, "250 2.1.0 Ok"),
         rcpt={"aesop.tortoise": Wait(0.6, "250 2.1.5 Ok"),
               "*": Wait(0.6, "550 5.1.1 User unknown")}),
    Expect("aesop.tortoise", status="deliverable", reason="accepted", code=250, connections=1,
           waits=3),
)
