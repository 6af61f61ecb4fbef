"""A refusal in a line of 100 KB: not SMTP, hence unknown, however it begins."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("war-and-peace.com"),
    Host("mx1", rcpt={"*": Raw(b"550 5.1.1 No such user " + b"x" * 100000 + b"\r\n")}),
    Expect("pierre.bezukhov", status="unknown", verdict="unknown", reason="protocol",
           end="protocol"),
)
