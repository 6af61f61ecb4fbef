"""A machine-made local part costs a point, not the verdict."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("random-keyboards.com"),
    Host("mx1", rcpt={"xk3jq9vzpw": "250 2.1.5 Ok"}),
    Expect("xk3jq9vzpw", status="deliverable", reason="accepted", factor="Gibberish pattern (-1)"),
)
