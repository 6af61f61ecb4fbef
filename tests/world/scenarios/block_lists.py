"""A shop on a domain block list, with addresses that take mail: no verdict depends on it.

The lists themselves live here too, for [lists] domain_block_lists:

    dbl.honest-lists.com     127.0.1.2 for counterfeit-watches.com; test and invalid as in RFC 5782
    rhs.honest-lists.com     knows nobody but its test point
    dbl.refusing-lists.com   127.255.255.254, whatever is asked
    dbl.parked-lists.com     192.0.2.80, whatever is asked: a zone that is for sale
    dbl.greedy-lists.com     127.0.0.2, whatever is asked
    dbl.broken-lists.com     SERVFAIL, whatever is asked
    dbl.silent-lists.com     nothing, whatever is asked
"""
from simnet.scenario import Domain, Expect, Host, Scenario


def zone(name, *records, dns=None):
    """A domain that holds block lists, and takes no mail."""
    return Domain(name, mx=None, spf=False, dmarc=False, records=records, dns=dns or {})


scenario = Scenario(
    Domain("counterfeit-watches.com"),
    Domain("outlet.counterfeit-watches.com", mx=("mx1.counterfeit-watches.com.",)),
    Domain("honest-watches.com", mx=("mx1.counterfeit-watches.com.",)),
    zone("honest-lists.com", "test.dbl.@ IN A 127.0.0.2", "test.rhs.@ IN A 127.0.0.2",
         "counterfeit-watches.com.dbl.@ IN A 127.0.1.2"),
    zone("refusing-lists.com", "*.dbl.@ IN A 127.255.255.254"),
    zone("parked-lists.com", "*.dbl.@ IN A 192.0.2.80"),
    zone("greedy-lists.com", "*.dbl.@ IN A 127.0.0.2"),
    zone("broken-lists.com", dns={("*.dbl.@", "*"): "servfail"}),
    zone("silent-lists.com", dns={("*.dbl.@", "*"): "timeout"}),
    Host("mx1", rcpt={"peter.falk": "250 2.1.5 Ok"}),
    Expect("peter.falk", status="deliverable", reason="accepted", code=250),
    Expect("peter.falk", domain="outlet.counterfeit-watches.com", status="deliverable",
           reason="accepted"),
    Expect("peter.falk", domain="honest-watches.com", status="deliverable", reason="accepted"),
)
