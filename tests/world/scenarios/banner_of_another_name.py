"""The name in the greeting is not the MX's: common, and nobody's business."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("white-label-hosting.com"),
    Host("mx1", banner="220 shared17.somebody-elses-datacentre.net ESMTP ready",
         rcpt={"theo.tenant": "250 2.1.5 Ok"}),
    Expect("theo.tenant", status="deliverable", reason="accepted", code=250),
)
