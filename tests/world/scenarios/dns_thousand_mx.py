"""1,000 MX records, far beyond a UDP answer, the best one last: the best few are enough, the list
stays bounded."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("thousand-relays.com",
           mx=[(1001 - number, f"relay{number}") for number in range(1, 1001)]),
    Host("relay1000", rcpt={"ada.king": "250 2.1.5 Ok"}),
    Expect("ada.king", status="deliverable", reason="accepted", code=250,
           host="relay1000.thousand-relays.com", connections=1, seconds=6,
           mx=[f"relay{number}.thousand-relays.com" for number in range(1000, 980, -1)],
           factor="Multiple MX (+0.5)"),
)
