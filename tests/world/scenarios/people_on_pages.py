"""Accepts every recipient, and has a web site that names some of its people."""
from simnet.scenario import Domain, Expect, Host, Scenario, Site

CONTACT = """<!DOCTYPE html><title>Contact</title>
<p>Write to <a href="mailto:Maria.Santos@evergreen-bakery.com?subject=Bread">Maria Santos</a>,
to xmaria@evergreen-bakery.com.evil.example or to someone@elsewhere.example.
<p>Orders: t&#46;baker&#64;evergreen-bakery&period;com
"""

scenario = Scenario(
    Domain("evergreen-bakery.com", site=Site({"/": "<h1>Bread</h1>", "/contact": CONTACT})),
    Domain("evergreen-moved.com", mx=("mx1.evergreen-bakery.com.",),
           site=Site({"/": (301, "https://evergreen-bakery.com/"),
                      "/contact": (302, "http://127.0.0.1/contact")})),
    Host("mx1", rcpt={"*": "250 2.1.5 Ok"}),
    Expect("maria.santos", status="unknown", reason="catch-all", catchall=True),
    Expect("maria.santos", domain="evergreen-moved.com", reason="catch-all"),
)
