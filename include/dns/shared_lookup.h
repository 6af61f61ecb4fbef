#ifndef DNS_SHARED_LOOKUP_H
#define DNS_SHARED_LOOKUP_H

#include "dns/mx.h"

/* One domain_lookup for all who want to know the same of a domain at the same time: a list has many
 * addresses of one domain.  Loop thread. */
struct shared_lookups;
struct shared_lookups *shared_lookups_new(struct resolver *resolver);
void shared_lookups_free(struct shared_lookups **lookups); /* no part is left */

/* One asker's part in a lookup.  The callbacks are those of domain_lookup_start(), one later than
 * the other; either may free the part.  Where the mail hosts are known already on_mx does not come,
 * and shared_lookup_mx_known() says so. */
struct shared_lookup;
struct shared_lookup *shared_lookup_join(struct shared_lookups *lookups, const char *domain,
                                         bool want_dkim, domain_lookup_fn *on_mx,
                                         domain_lookup_fn *on_all, void *arg);
bool shared_lookup_mx_known(const struct shared_lookup *part);
const struct dns_facts *shared_lookup_facts(const struct shared_lookup *part); /* as of now */
void shared_lookup_free(struct shared_lookup **part); /* the last one cancels what is outstanding */

#endif
