"""Several source addresses of our own: each connection takes the next one."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("many-doors-down.com"),
    Host("mx1", rcpt={"alice.liddell": "250 2.1.5 Ok", "mad.hatter": "250 2.1.5 Ok",
                                  "white.rabbit": "250 2.1.5 Ok"}),
    Expect("alice.liddell", status="deliverable", after=("mad.hatter", "white.rabbit"),
           connections=3, sources=("200.1", "200.2", "200.1")),
    settings={"smtp.source_addresses": "{net}.200.1, {net}.200.2"},
)
