"""Every recipient is refused for want of TLS, and TLS is not on offer."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("sealed-lips-only.com"),
    Host("mx1", rcpt={"*": "530 5.7.0 Must issue a STARTTLS command first"}),
    Expect("marcel.marceau", status="unknown", verdict="unknown", reason="tls", tls=False,
           connections=1),
)
