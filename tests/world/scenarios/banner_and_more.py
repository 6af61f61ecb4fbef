"""More than the greeting arrives with it: a reply to a command that was not sent yet."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("answers-unasked.com"),
    Host("mx1", banner=Raw(b"220 mx1 ESMTP\r\n250 2.1.5 Ok\r\n")),
    Expect("cassandra.troy", status="unknown", verdict="unknown", reason="protocol",
           connections=1),
)
