#ifndef VERIFY_MX_CLUSTERS_H
#define VERIFY_MX_CLUSTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/facts.h"
#include "verify/disposable_rows.h"

/* Whose mail hosts are also those of disposable domains?  Learnt from the domains that are checked:
 * for each registrable domain that mail hosts stand in, a sample of the domains that point there,
 * and which of them are known to be disposable.  The rule, and what is never learnt, stand above
 * mx_clusters.c.  Bounded; thread-safe. */
struct mx_clusters;

enum {
    MX_CLUSTERS_DISPOSABLE_MIN = 3, /* so many disposable domains make a cluster suspicious... */
    MX_CLUSTERS_SHARE = 3,          /* ...if one in so many of all domains seen there is one */
};

/* One thing learnt: mail for `domain` goes to hosts in `mx_domain`.  Both registrable. */
struct mx_member {
    const char *mx_domain, *domain;
    bool disposable;
};

/* Told what is new, as it is learnt; may be called by any thread that notes, outside the lock. */
typedef void mx_learnt_fn(const struct mx_member *member, void *arg);

/* At most max_clusters, a kilobyte or so each; the one that was noted longest ago goes first.
 * `own`: what the operator knows of hosts, outlives them; it and `learnt` may be NULL. */
struct mx_clusters *mx_clusters_new(size_t max_clusters, const struct disposable_rows *own,
                                    mx_learnt_fn *learnt, void *arg);
void mx_clusters_free(struct mx_clusters **clusters); /* NULL-safe */

/* `domain` has been looked up; disposable: on a list, or reported so by somebody who is believed.
 * A domain that was noted as neither and is later disposable counts as that from then on, and never
 * the other way round. */
void mx_clusters_note(struct mx_clusters *clusters, const char *domain, const struct dns_facts *dns,
                      bool disposable);
/* Do mail hosts of `domain` serve disposable domains, other than itself?  NULL-safe: no. */
bool mx_clusters_is_shared(struct mx_clusters *clusters, const char *domain,
                           const struct dns_facts *dns);

/* What was learnt elsewhere or earlier; told to nobody. */
void mx_clusters_teach(struct mx_clusters *clusters, const struct mx_member *member);

size_t mx_clusters_count(struct mx_clusters *clusters);

#endif
