"""The answer to RCPT has no last line."""
from simnet.scenario import Domain, Endless, Expect, Host, Scenario

scenario = Scenario(
    Domain("filibuster-society.com"),
    Host("mx1", rcpt={"*": Endless("550-5.1.1 and furthermore")}),
    Expect("jefferson.smith", status="unknown", verdict="unknown", reason="protocol",
           end="protocol", seconds=6),
)
