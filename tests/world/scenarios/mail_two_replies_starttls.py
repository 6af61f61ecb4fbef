"""A reply too many, writes split, where STARTTLS is on offer and QUIT has to wait: RSET stands at
the batch's end instead, and its reply shows that the count is off."""
from simnet.scenario import (KEYWORDS, UNKNOWN_USER, Domain, Expect, Host, Raw, Scenario,
                             Wait)

scenario = Scenario(
    Domain("echo-chamber-music.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",), mail=Raw(b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n"),
         rcpt={"*": Wait(0.06, UNKNOWN_USER)}),
    Expect("fanny.mendelssohn", status="unknown", verdict="unknown", reason="protocol", rcpts=2),
)
