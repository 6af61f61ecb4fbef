"""Two dots in a row: invalid, and nobody is asked."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("dotted-lines.com"),
    Host("mx1", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("john..smith", status="invalid", verdict="undeliverable", reason="bad-syntax",
           asked="not-needed", connections=0, seconds=3),
    Expect("john smith", status="invalid", reason="bad-syntax", connections=0),
    Expect("john\r\nRCPT TO:<root>\r\n", status="invalid", reason="bad-syntax", connections=0,
           note="CR LF inside"),
)
