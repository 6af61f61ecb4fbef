"""The name server will not say."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("tight-lipped.com", dns={("@", "*"): "refused", ("_dmarc.@", "*"): "refused"}),
    Expect("john.smith", status="unknown", verdict="unknown", reason="dns-failure",
           asked="could-not", connections=0),
)
