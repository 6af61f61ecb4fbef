"""user@[10.0.0.5]: recognised, and not verifiable; nobody is dialled."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("literal-minded.com"),
    Host("mx1"),
    Expect("amelia.bedelia", domain="[10.0.0.5]", reason="address-literal", asked="not-needed",
           connections=0, seconds=3),
)
