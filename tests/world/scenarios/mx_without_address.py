"""The only MX has no address at all."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("phantom-exchange.com"),
    Expect("erik.phantom", status=("unknown", "invalid"), connections=0, policy="none",
           catchall=False),
)
