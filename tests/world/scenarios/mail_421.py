"""421 at MAIL, and the line goes dead."""
from simnet.scenario import Domain, Drop, Expect, Host, Scenario

scenario = Scenario(
    Domain("closing-time.com"),
    Host("mx1", mail=Drop("421 4.7.0 {host} Too many connections, try again later")),
    Expect("tom.waits", status="unknown", verdict="unknown", reason=("rate-limited", "temporary"),
           asked="refused", connections=1),
)
