/* shared_lookup.c - one lookup of a domain for everybody who is waiting for the same.
 *
 * The resolver would send each question once anyway; what is saved is putting four questions for
 * every address of a list.  A lookup can be joined until all is known.  It stays for those who are
 * in it, because they may read its facts to the end; who comes later starts another one, answered
 * from the resolver's cache.  Lookups with DKIM are few and not shared. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "dns/shared_lookup.h"
#include "base/hash.h"
#include "base/xalloc.h"

struct lookup {
    struct shared_lookups *table; /* NULL: cannot be joined */
    struct domain_lookup *domain_lookup;
    struct shared_lookup *waiting; /* for the mail hosts */
    struct shared_lookup *served;  /* have them, and wait for the rest */
    bool mx_known;
    size_t refs; /* parts, and whoever is telling them */
    UT_hash_handle hh;
    char domain[];
};

struct shared_lookup {
    struct lookup *lookup;
    struct shared_lookup **list; /* of the lookup; NULL: has been told everything */
    domain_lookup_fn *on_mx, *on_all;
    void *arg;
    struct shared_lookup *prev, *next;
};

struct shared_lookups {
    struct resolver *resolver;
    struct lookup *open; /* by domain */
};

struct shared_lookups *shared_lookups_new(struct resolver *resolver)
{
    struct shared_lookups *lookups = NEW(struct shared_lookups);
    lookups->resolver = resolver;
    return lookups;
}

void shared_lookups_free(struct shared_lookups **lookups)
{
    if (*lookups == NULL)
        return;
    assert((*lookups)->open == NULL);
    free(*lookups);
    *lookups = NULL;
}

static void close_to_others(struct lookup *lookup)
{
    if (lookup->table != NULL)
        HASH_DEL(lookup->table->open, lookup);
    lookup->table = NULL;
}

static void unref(struct lookup *lookup)
{
    if (--lookup->refs > 0)
        return;
    close_to_others(lookup);
    domain_lookup_free(&lookup->domain_lookup);
    free(lookup);
}

static void move_to(struct shared_lookup *part, struct shared_lookup **list)
{
    if (part->list != NULL)
        DL_DELETE(*part->list, part);
    part->list = list;
    if (list != NULL)
        DL_APPEND(*list, part);
}

static void on_mx(const struct dns_facts *facts, void *arg)
{
    struct lookup *lookup = arg;
    lookup->mx_known = true;
    lookup->refs++;
    for (struct shared_lookup *part; (part = lookup->waiting) != NULL;) {
        move_to(part, &lookup->served);
        part->on_mx(facts, part->arg);
    }
    unref(lookup);
}

static void on_all(const struct dns_facts *facts, void *arg)
{
    struct lookup *lookup = arg;
    close_to_others(lookup);
    lookup->refs++;
    for (struct shared_lookup *part; (part = lookup->served) != NULL;) {
        move_to(part, NULL);
        part->on_all(facts, part->arg);
    }
    unref(lookup);
}

static struct lookup *lookup_start(struct shared_lookups *lookups, const char *domain,
                                   bool want_dkim)
{
    size_t size = strlen(domain) + 1;
    struct lookup *lookup = x_calloc(1, sizeof(*lookup) + size);
    memcpy(lookup->domain, domain, size);
    if (!want_dkim) {
        lookup->table = lookups;
        HASH_ADD_STR(lookups->open, domain, lookup);
    }
    lookup->domain_lookup =
        domain_lookup_start(lookups->resolver, domain, want_dkim, on_mx, on_all, lookup);
    return lookup;
}

struct shared_lookup *shared_lookup_join(struct shared_lookups *lookups, const char *domain,
                                         bool want_dkim, domain_lookup_fn *mx_fn,
                                         domain_lookup_fn *all_fn, void *arg)
{
    struct lookup *lookup = NULL;
    if (!want_dkim)
        HASH_FIND_STR(lookups->open, domain, lookup);
    if (lookup == NULL)
        lookup = lookup_start(lookups, domain, want_dkim);
    lookup->refs++;
    struct shared_lookup *part = NEW(struct shared_lookup);
    part->lookup = lookup;
    part->on_mx = mx_fn;
    part->on_all = all_fn;
    part->arg = arg;
    move_to(part, lookup->mx_known ? &lookup->served : &lookup->waiting);
    return part;
}

bool shared_lookup_mx_known(const struct shared_lookup *part)
{
    return part->lookup->mx_known;
}

const struct dns_facts *shared_lookup_facts(const struct shared_lookup *part)
{
    return domain_lookup_facts(part->lookup->domain_lookup);
}

void shared_lookup_free(struct shared_lookup **part)
{
    if (*part == NULL)
        return;
    move_to(*part, NULL);
    unref((*part)->lookup);
    free(*part);
    *part = NULL;
}
