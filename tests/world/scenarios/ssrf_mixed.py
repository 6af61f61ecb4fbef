"""One private address, one that may be dialled: only the latter is."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("half-truths.com", records=("mx1.half-truths.com. IN A 192.168.1.1",)),
    Host("mx1", rcpt={"mark.twain": "250 2.1.5 Ok"}),
    Expect("mark.twain", status="deliverable", reason="accepted", code=250, connections=1,
           seconds=3),
)
