"""Yahoo: "dd This user doesn't have a yahoo.com account" behind code 554."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("yahoo.com", mx=[(1, "mta5.am0.yahoodns.net."), (1, "mta6.am0.yahoodns.net.")]),
    Host("mta5.am0.yahoodns.net.",
         rcpt={"colin.firth": "250 recipient <{rcpt}> ok",
               "*": "554 delivery error: dd This user doesn't have a yahoo.com account ({rcpt}) "
                    "[0] - mta5.am0.yahoodns.net"}),
    Host("mta6.am0.yahoodns.net.",
         rcpt={"colin.firth": "250 recipient <{rcpt}> ok",
               "*": "554 delivery error: dd This user doesn't have a yahoo.com account ({rcpt}) "
                    "[0] - mta6.am0.yahoodns.net"}),
    Expect("colin.firth", status="deliverable", reason="accepted", code=250, connections=1,
           factor="Multiple MX (+0.5)"),
    Expect("colin.forth", status="undeliverable", reason="no-such-mailbox", code=554),
)
