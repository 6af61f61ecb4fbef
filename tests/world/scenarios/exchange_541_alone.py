"""Exchange Online's 550 5.4.1 to everybody asked: may mean "does not exist", but nobody was
accepted."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("adatum-consulting.com", mx=["adatum-consulting-com.mail.protection.outlook.com."]),
    Host("adatum-consulting-com.mail.protection.outlook.com.",
         rcpt={"erika.long": "250 2.1.5 Recipient OK",
               "*": "550 5.4.1 Recipient address rejected: Access denied. "
                    "[AM0PR01MB.eurprd01.prod.exchangelabs.com 2026-11-22T17:20:00.000Z]"}),
    Expect("erik.lang", status="unknown", verdict="unknown", reason=("reject-all", "policy"),
           code=550, catchall=False),
    Expect("erika.long", status="deliverable", reason="accepted", catchall=False, code=250),
    Expect("erik.lang", after=("erika.long",), status="undeliverable", reason="no-such-mailbox",
           code=550, note="after the tenant accepted another"),
)
