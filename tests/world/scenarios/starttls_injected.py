"""Plaintext behind STARTTLS's 220 (CVE-2021-22947): it must not be taken for what comes inside
TLS."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("man-in-the-middle.com"),
    Host("mx1", ehlo=KEYWORDS + ("STARTTLS",),
         mail="530 5.7.0 Must issue a STARTTLS command first",
         starttls=Raw(b"220 2.0.0 Ready\r\n250-mx1\r\n250 PIPELINING\r\n250 2.1.0 Ok\r\n250 "
                      b"2.1.5 Ok\r\n")),
    Expect("mallory.archer", status="unknown", verdict="unknown",
           reason="protocol", tls=False),
)
