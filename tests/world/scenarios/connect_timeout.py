"""The host drops our SYNs: nobody could be asked."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("far-away-island.com"),
    Host("mx1", state="deaf"),
    Expect("robinson.crusoe", status="unknown", verdict="unknown", reason="unreachable",
           asked="could-not", connect="timeout", code=0, seconds=9),
)
