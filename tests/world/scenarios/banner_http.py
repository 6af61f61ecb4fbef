"""A web server listens on port 25."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("wrong-daemon.com"),
    Host("mx1", banner=Raw(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")),
    Expect("tim.lee", status="unknown", verdict="unknown", reason="protocol", end="protocol",
           connections=1, seconds=3),
)
