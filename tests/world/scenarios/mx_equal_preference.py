"""Two MX of the same preference, one of them dead."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("identical-twins.com", mx=[(10, "castor"), (10, "pollux")]),
    Host("castor", state="refused"),
    Host("pollux", rcpt={"leda.swan": "250 2.1.5 Ok"}),
    Expect("leda.swan", status="deliverable", reason="accepted", code=250,
           host="pollux.identical-twins.com"),
)
