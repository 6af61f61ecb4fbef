"""60 KB of TXT records, SPF among them: found over TCP."""
from simnet.scenario import Domain, Expect, Host, Scenario

TOKENS = tuple(f'@ IN TXT "site-verification-{number}={"x" * 200}"' for number in range(240))

scenario = Scenario(
    Domain("verbose-verification.com", spf=False, records=('@ IN TXT "v=spf1 mx ~all"',) + TOKENS),
    Host("mx1", rcpt={"marcel.proust": "250 2.1.5 Ok"}),
    Expect("marcel.proust", status="deliverable", reason="accepted", factor="SPF record (+0.5)"),
)
