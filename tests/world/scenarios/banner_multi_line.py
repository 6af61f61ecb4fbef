"""A greeting of four lines with a policy notice in it."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("long-welcome.com"),
    Host("mx1",
         banner="220-{host} ESMTP Exim 4.96\n"
                "220-We do not authorize the use of this system\n"
                "220-to transport unsolicited,\n"
                "220 and/or bulk e-mail.", rcpt={"frank.capra": "250 Accepted"}),
    Expect("frank.capra", status="deliverable", reason="accepted", code=250, waits=3,
           connections=1),
)
