"""The submission port wants a login: about us, never about the mailbox."""
from simnet.scenario import KEYWORDS, Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("employees-entrance.com"),
    Host("mx1", ports=(587,), ehlo=KEYWORDS + ("AUTH PLAIN LOGIN",),
         mail="530 5.7.0 Authentication required"),
    Expect("michael.scott", port=587, status="unknown", verdict="unknown", reason="policy",
           asked="refused", connections=1),
)
