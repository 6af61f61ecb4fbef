"""The MX's address changes with every answer, the first one private: what was vetted is what is
dialled, and nobody asks again until the answer pleases."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("shape-shifters.com", dns={("mx1.@", "A"): "flip:10.9.9.9,{net}.0.81"}),
    Expect("proteus.old", status="unknown", reason="forbidden-address", connect="forbidden",
           questions={"mx1.shape-shifters.com/A": 1}),
)
