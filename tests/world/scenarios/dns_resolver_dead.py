"""The only resolver is dead: our failure, or at least never a word about the domain."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("perfectly-fine-domain.com"),
    Host("mx1", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("john.smith", status="unknown", verdict="unknown",
           reason=("our-failure", "dns-failure"), connections=0, seconds=12),
    settings={"dns.servers": "{net}.0.57:53"},
)
