"""Every UDP answer is truncated: ask again over TCP."""
from simnet.scenario import Domain, Expect, Host, Scenario

scenario = Scenario(
    Domain("truncated-answers.com", dns={("@", "*"): "truncated", ("mx1.@", "*"): "truncated"}),
    Host("mx1", rcpt={"grace.hopper": "250 2.1.5 Ok"}),
    Expect("grace.hopper", status="deliverable", reason="accepted", code=250,
           mx=["mx1.truncated-answers.com"], factor="SPF record (+0.5)"),
)
