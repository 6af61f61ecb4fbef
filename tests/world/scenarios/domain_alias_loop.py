"""The domain is an alias of an alias of itself."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("chicken-or-egg.com", exists=False,
           dns={("@", "*"): "cname-loop:egg-or-chicken.com",
                ("egg-or-chicken.com", "*"): "cname-loop:chicken-or-egg.com"}),
    Expect("john.smith", status="unknown", verdict="unknown", reason="dns-failure",
           asked="could-not", connections=0, seconds=8),
)
