"""A firm whose people have addresses of several patterns; for whoever searches for one of them."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("harbour-pilots.com"),
    Domain("harbour-pilots.de", mx=("mx1.harbour-pilots.com.",)),
    Host("mx1", rcpt={"anna.berg": "250 2.1.5 Ok", "pmiller": "250 2.1.5 Ok",
                      "okafor": "250 2.1.5 Ok", "rosa_luz": "250 2.1.5 Ok",
                      "juergen.gross": "250 2.1.5 Ok",
                      "full.house": "452 4.2.2 The recipient's mailbox is full"}),
    Expect("anna.berg", status="deliverable", reason="accepted", code=250),
    Expect("berg", status="undeliverable", reason="no-such-mailbox"),
    show=True,
)
