"""A sub-domain of a throw-away service: its registrable domain is what is listed."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("team7.yopmail.com"),
    Host("mx1", rcpt={"jane.bond": "250 2.1.5 Ok"}),
    Expect("jane.bond", status="deliverable", factor="Disposable domain (-3)"),
)
