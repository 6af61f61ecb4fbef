"""The MX is a CNAME: forbidden by RFC 2181, common, and it works."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("stage-names.com", records=("mx1.@ IN CNAME real.stage-names.com.",)),
    Host("real", rcpt={"norma.baker": "250 2.1.5 Ok"}),
    Expect("norma.baker", status="deliverable", reason="accepted", code=250, connections=1),
)
