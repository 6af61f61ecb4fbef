"""Not local, but will be forwarded: accepted."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("redirected-mail.com"),
    Host("mx1", rcpt={"jean.passepartout": "251 2.1.5 User not local; will forward"}),
    Expect("jean.passepartout", status="deliverable", reason="accepted", code=251, cls="accepted"),
)
