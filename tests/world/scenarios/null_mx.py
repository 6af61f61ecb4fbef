"""RFC 7505: the domain says that it takes no mail, though it has an address."""
from simnet.scenario import Domain, Expect, Scenario

scenario = Scenario(
    Domain("parked-pages.com", mx=None, records=("@ IN MX 0 .",)),
    Expect("info", status="invalid", verdict="undeliverable", reason="null-mx",
           asked="not-needed", policy="none", catchall=False, mx=[], connections=0,
           score_at_most=3),
    show=True,
)
