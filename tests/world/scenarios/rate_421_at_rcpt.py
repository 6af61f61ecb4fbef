"""An unusual rate from our address: 421 at RCPT, then the end."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("speed-trap.com"),
    Host("mx1",
         rcpt={"*": Drop("421 4.7.28 Our system has detected an unusual rate of unsolicited mail "
                         "originating from your IP address")}),
    Expect("burt.reynolds", status="unknown", verdict="unknown", reason="rate-limited", code=421,
           cls="rate-limited", catchall=False),
)
