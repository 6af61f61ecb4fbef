"""Takes made-up recipients by chance.  The first one it takes makes it a catch-all, and it is not
asked again; were it asked, and refused, it would be known as inconsistent."""
from simnet.scenario import Domain, Expect, Host, Scenario, Turns

scenario = Scenario(
    Domain("coin-flip-casino.com"),
    Host("mx1",
         rcpt={"lucky.luke": "250 2.1.5 Ok",
               "*": Turns("250 2.1.5 Ok", "550 5.1.1 User unknown", "250 2.1.5 Ok",
                          "550 5.1.1 User unknown")}),
    Expect("lucky.luke", status="unknown", reason="catch-all", catchall=True,
           connections=1),
)
