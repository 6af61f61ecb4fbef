"""A reply too many behind the EHLO reply."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("eager-beaver.com"),
    Host("mx1", ehlo=Raw(b"250-mx1\r\n250 PIPELINING\r\n250 2.1.0 Ok\r\n")),
    Expect("jerry.mathers", status="unknown", verdict="unknown", reason="protocol"),
)
