"""A reply ended by LF alone."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("unix-line-ends.com"),
    Host("mx1", rcpt={"*": Raw(b"550 5.1.1 No such user\n")}),
    Expect("ken.richards", status="unknown", verdict="unknown", reason="protocol", end="protocol"),
)
