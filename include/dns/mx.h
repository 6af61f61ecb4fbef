#ifndef DNS_MX_H
#define DNS_MX_H

#include <sys/socket.h>

#include "dns/resolver.h"
#include "model/facts.h"

/* From a domain to the hosts that take its mail, and from a host to addresses (RFC 5321 5.1,
 * RFC 7505).  Loop thread only; callbacks as in dns/resolver.h. */

/* Asks MX, TXT, TXT _dmarc, A (and AAAA when there is no MX) of `domain` in parallel, with
 * `want_dkim` also TXT of each well-known selector below _domainkey: DKIM_SELECTOR_COUNT questions
 * more, so ask for it only where somebody reads it.  `on_mx` comes as soon as the mail hosts are
 * known (dns.mx_status, null_mx, implicit_mx, mx are final); `on_all` once the rest is in too,
 * never before on_mx.  dns_facts is valid until the
 * lookup is freed.  MX entries beyond FACTS_MX_MAX are dropped; equal preferences are shuffled; MX
 * records none of which can be dialled ("localhost", "192.0.2.1") give mx_status DNS_MALFORMED. The
 * lookup may be freed from inside either callback. */
struct domain_lookup;
typedef void domain_lookup_fn(const struct dns_facts *facts, void *arg);

struct domain_lookup *domain_lookup_start(struct resolver *resolver, const char *domain,
                                          bool want_dkim, domain_lookup_fn *on_mx,
                                          domain_lookup_fn *on_all, void *arg);
/* What is known now; presences of unanswered questions are PRESENCE_UNKNOWN. */
const struct dns_facts *domain_lookup_facts(const struct domain_lookup *lookup);
void domain_lookup_free(struct domain_lookup **lookup); /* cancels what is outstanding */

/* Addresses of one mail host: at most HOST_ADDRESS_MAX of each family, v4 first unless the machine
 * has only v6.  v6 is asked for with `want_v6`, on a machine that has nothing else, and where the
 * host has no v4 address, whether or not the machine could dial it: that a host has no address
 * would be a verdict.  Ports are 0.  Without an address the status is a failure if either family
 * failed. */
enum { HOST_ADDRESS_MAX = 4 };
struct host_addresses {
    enum dns_status status; /* DNS_FOUND when count > 0 */
    struct sockaddr_storage list[2 * HOST_ADDRESS_MAX];
    size_t count;
    uint32_t ttl_s; /* least of the answers with addresses */
    bool v6_asked;
};
bool host_lookup_v6_first(void); /* the machine has v6 only */
struct host_lookup;
typedef void host_lookup_fn(const struct host_addresses *addresses, void *arg);
struct host_lookup *host_lookup_start(struct resolver *resolver, const char *host, bool want_v6,
                                      host_lookup_fn *fn, void *arg);
void host_lookup_free(struct host_lookup **lookup);

#endif
