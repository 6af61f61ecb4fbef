"""A reply too many inside a pipelined batch would shift every later one: the target's 550 would
be taken for somebody else's."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("off-by-one-error.com"),
    Host("mx1", mail=Raw(b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n")),
    Expect("leslie.lambert", status="unknown", verdict="unknown", reason="protocol"),
)
