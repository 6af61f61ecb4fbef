"""A reply too many inside a pipelined batch, the writes split: every later reply comes one command
late, and the surplus 250 could pass for the recipient's."""
from simnet.scenario import UNKNOWN_USER, Domain, Expect, Host, Raw, Scenario, Wait

scenario = Scenario(
    Domain("off-by-one-error.com"),
    Host("mx1", mail=Raw(b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n"),
         rcpt={"*": Wait(0.06, UNKNOWN_USER)}),
    Expect("leslie.lambert", status="unknown", verdict="unknown", reason="protocol", rcpts=2),
)
