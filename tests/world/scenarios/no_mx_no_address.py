"""The domain exists (it has TXT records) but has neither MX nor address."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("text-records-only.com", mx=None, a=False),
    Expect("noam.chomsky", status="invalid", verdict="undeliverable", reason="no-mail-server",
           asked="not-needed", mx=[], connections=0),
)
