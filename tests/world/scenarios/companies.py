"""Companies whose name leads to a domain: with mail and a web site, with one of them, with neither.

    Kettle & Sons Ltd     kettleandsons.com leads to kettleandsons.de, which has both
    Tidewater B.V.        tidewater.nl takes mail and has no site
    Moonlight Audio       moonlight-audio.io has a site and takes no mail
    Driftwood             driftwood.nl takes mail, the name servers of driftwood.com are silent
    Nobody Knows Us Ltd   nothing
    Avatars Inc           pictures of people, for whoever asks by hash
"""
import hashlib

from simnet.scenario import Domain, Expect, Host, Scenario, Site


def avatar(address):
    """The path of somebody's picture."""
    return "/avatar/" + hashlib.sha256(address.encode()).hexdigest()


scenario = Scenario(
    Domain("kettleandsons.de", site=Site({"/": "<h1>Kettles</h1>"}, head=False)),
    Domain("kettleandsons.com", mx=None, site=Site({"/": (301, "https://kettleandsons.de/")})),
    Domain("tidewater.nl", mx=("mx1.kettleandsons.de.",), a=False),
    Domain("moonlight-audio.io", mx=None, site=Site({"/": "<h1>Audio</h1>"}, schemes=("http",))),
    Domain("driftwood.com", dns={("@", "*"): "timeout"}),
    Domain("driftwood.nl", mx=("mx1.kettleandsons.de.",), a=False),
    Domain("avatars-inc.com", mx=None,
           site=Site({avatar("paul.picture@evergreen-catering.com"): "a picture"})),
    Host("mx1", rcpt={"info": "250 2.1.5 Ok"}),
    Expect("info", status="deliverable", reason="accepted"),
    Expect("info", domain="tidewater.nl", status="deliverable", reason="accepted"),
)
