"""Says nothing to MAIL."""
from simnet.scenario import Domain, Expect, Host, Scenario, Silent

scenario = Scenario(
    Domain("quiet-after-hello.com"),
    Host("mx1", mail=Silent()),
    Expect("marcel.marceau", status="unknown", verdict="unknown", reason="timeout", end="timeout",
           seconds=8),
)
