"""A refusal of three lines whose first one says why: the whole reply is read, not the last line.

Reading only the end once turned a blocklist refusal (Hetzner) into "invalid"."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("fine-print-publishing.com"),
    Host("mx1",
         rcpt={"*": "550-Rejected: {client} is listed at bl.spamcop.net\n"
                    "550-see https://www.spamcop.net/bl.shtml\n"
                    "550 recipient refused"}),
    Expect("maxwell.perkins", status="unknown", verdict="unknown",
           reason=("reject-all", "policy"), cls="policy", code=550),
)
