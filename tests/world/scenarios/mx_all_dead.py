"""Nobody listens on any MX: unreachable is unknown."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("deserted-village.com", mx=["mx1", "mx2"]),
    Host("mx1", state="refused"),
    Host("mx2", state="refused"),
    Expect("oliver.goldsmith", status="unknown", verdict="unknown", reason="unreachable",
           asked="could-not", connect="refused", connections=0, factor="Multiple MX (+0.5)",
           seconds=5),
)
