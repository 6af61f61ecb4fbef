"""The domain does not exist: invalid, and nobody is dialled."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("no-such-company-anywhere.com", exists=False),
    Expect("john.smith", status="invalid", verdict="undeliverable", reason="no-domain",
           asked="not-needed", mx=[], connections=0, score_at_most=3),
    show=True,
)
