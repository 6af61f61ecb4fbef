"""The name server does not know how."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("unimplemented-ideas.com", dns={("@", "*"): "notimp", ("_dmarc.@", "*"): "notimp"}),
    Expect("charles.babbage", status="unknown", verdict="unknown", reason="dns-failure",
           connections=0),
)
