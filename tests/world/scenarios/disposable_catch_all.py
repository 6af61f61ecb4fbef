"""A throw-away service that takes everything."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("mailinator.com"),
    Host("mx1", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("anything.goes", status="unknown", reason="catch-all", catchall=True,
           factor="Disposable domain (-3)"),
)
