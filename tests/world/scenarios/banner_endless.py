"""The greeting has no last line."""
from simnet.scenario import Domain, Endless, Expect, Host, Scenario

scenario = Scenario(
    Domain("never-ending-story.com"),
    Host("mx1", banner=Endless("220-{host} and another thing")),
    Expect("sheherazade", status="unknown", verdict="unknown", reason="protocol", end="protocol",
           seconds=6, connections=1),
)
