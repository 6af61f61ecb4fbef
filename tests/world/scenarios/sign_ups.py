"""Domains that sign-ups come from: young ones, old ones, throw-away services and what borrows their
mail hosts, by what their registry, DNS and mail servers say.

    myagency-solutions.com     4 days old, at a throw-away service's mail host
    fraud-catch-all.com        the same, takes everything; its DMARC is never answered, so that
                               nothing is certain before the mail server was asked
    established-group.com      7 years old, SPF, DKIM and DMARC, takes everything
    three-weeks.com            21 days old; no-records-at-all.xyz has neither SPF nor DMARC
    cheap-and-many.com         through a bulk registrar, 60 days old
    nobody-tells.com           its registry does not know it; registry-is-ill.com: nor answers well
    borrowed-N.com             the same mail hosts as throw-away services, which no list has
"""
from simnet.scenario import Domain, Expect, Host, Scenario

TAKEN = {"*": "250 2.1.5 Ok"}
DKIM = "default._domainkey.@ IN TXT \"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC\""
THROW_AWAY = ("mx.throw.discard.email.",)
SHARED = ("mx.many-faces-hosting.net.",)

scenario = Scenario(
    Domain("established-group.com", registered="7 years ago", records=(DKIM,)),
    Domain("myagency-solutions.com", mx=THROW_AWAY, registered="4 days ago"),
    Domain("fraud-catch-all.com", mx=THROW_AWAY, registered="4 days ago",
           dns={("_dmarc.@", "*"): "timeout"}),
    Domain("three-weeks.com", mx=("mx2.established-group.com.",), registered="21 days ago"),
    Domain("no-records-at-all.xyz", mx=("mx2.established-group.com.",), spf=False, dmarc=False,
           registered="3 years ago"),
    Domain("cheap-and-many.com", mx=("mx2.established-group.com.",), registered="60 days ago",
           registrar=("NameCheap, Inc.", 1068)),
    Domain("nobody-tells.com", mx=("mx2.established-group.com.",), registered=None),
    Domain("registry-is-ill.com", mx=("mx2.established-group.com.",), registered=503),
    Domain("0-mail.com", mx=SHARED), Domain("0wnd.net", mx=SHARED), Domain("0wnd.org", mx=SHARED),
    Domain("borrowed-one.com", mx=SHARED), Domain("borrowed-two.com", mx=SHARED),
    Host("mx1", rcpt=TAKEN),
    Host("mx2", rcpt={"jane.doe": "250 2.1.5 Ok", "info": "250 2.1.5 Ok"}),
    Host("mx.throw.discard.email.", rcpt=TAKEN),
    Host("mx.many-faces-hosting.net.", rcpt={"jane.doe": "250 2.1.5 Ok"}),
    Expect("jane.doe", domain="three-weeks.com", status="deliverable", reason="accepted"),
    Expect("anybody", reason="catch-all", catchall=True),
)
