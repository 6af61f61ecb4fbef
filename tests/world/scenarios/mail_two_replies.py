"""Two replies to MAIL where one is due (no PIPELINING): the second must not become RCPT's."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("double-talk.com"),
    Host("mx1", ehlo=("8BITMIME",), mail=Raw(b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n")),
    Expect("don.rickles", status="unknown", verdict="unknown", reason="protocol", end="protocol"),
)
