"""No reverse name: our fault, said at RCPT to everybody."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("reverse-lookup.com"),
    Host("mx1",
         rcpt={"*": "550 5.7.25 Client host rejected: cannot find your reverse hostname, "
                    "[{client}]"}),
    Expect("benjamin.button", status="unknown", verdict="unknown",
           reason=("reject-all", "policy"), cls="policy", code=550),
)
