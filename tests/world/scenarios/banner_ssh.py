"""An SSH server listens on port 25."""
from simnet.scenario import Domain, Expect, Host, Raw, Scenario

scenario = Scenario(
    Domain("shell-company.com"),
    Host("mx1", banner=Raw(b"SSH-2.0-OpenSSH_9.2p1\r\n")),
    Expect("tatu.young", status="unknown", verdict="unknown", reason="protocol", connections=1,
           seconds=3),
)
