"""A segment ends in the middle of a reply line."""
from simnet.scenario import Domain, Expect, Host, Scenario, Segments

scenario = Scenario(
    Domain("broken-syllables.com"),
    Host("mx1", banner=Segments("22", "0 {host} ES", "MTP\r", "\n"),
         mail=Segments("250 2.1.", "0 Ok\r", "\n"), rcpt={"buster.keaton": "250 2.1.5 Ok"}),
    Expect("buster.keaton", status="deliverable", reason="accepted", code=250, connections=1),
)
