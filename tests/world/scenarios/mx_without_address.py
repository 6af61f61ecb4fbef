"""The only MX has no address at all, and DNS says so: nobody could ever deliver (RFC 5321
5.1)."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("phantom-exchange.com"),
    Expect("erik.phantom", status="invalid", verdict="undeliverable",
           reason="no-mail-server", connections=0, policy="none", catchall=False),
)
