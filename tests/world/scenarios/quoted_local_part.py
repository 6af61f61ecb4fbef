"""A quoted local part with a space goes out quoted."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("quotation-marks.com"),
    Host("mx1", rcpt={"\"winston churchill\"": "250 2.1.5 Ok"}),
    Expect("\"winston churchill\"", status="deliverable", reason="accepted", code=250,
           connections=1),
)
