"""Says nothing to RCPT."""
from simnet.scenario import Domain, Expect, Host, Scenario, Silent

scenario = Scenario(
    Domain("lost-for-words.com"),
    Host("mx1", rcpt={"*": Silent()}),
    Expect("cordelia.lear", status="unknown", verdict="unknown", reason="timeout", end="timeout",
           catchall=False, seconds=8),
)
