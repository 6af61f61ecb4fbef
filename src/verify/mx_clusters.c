/* mx_clusters.c - mail hosts that serve disposable domains, learnt from what is checked.
 *
 * Operators of throw-away mail add domains faster than lists do, but their new domains point at
 * their old mail hosts.  A cluster is the registrable domain that mail hosts stand in; it is
 * suspicious when at least three of the domains seen pointing there are disposable, and one in
 * three of all.  The share keeps a host that many honest customers and some others use from being
 * blamed: new domains of a throw-away service count as honest until a list has them, so the share
 * may not be high either.
 *
 * Never learnt: hosts of any provider on the shipped list (thousands of all kinds point there), a
 * domain's own hosts (shared with nobody), no mail hosts or the null MX, and hosts that are
 * disposable themselves (list_disposable_mx says more of them).  The domain that is asked about
 * counts for nothing, and subdomains count once, as their registrable domain.
 *
 * Of a cluster at most SAMPLE domains are remembered: those whose keyed hash is smallest, which is
 * a fair sample of all that were ever seen (bottom-k sampling) and which nobody outside can aim at.
 * Whoever wants somebody's mail hosts to look bad must own three listed domains, point them there,
 * have them checked, and find hosts that few others use.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "verify/lists.h"
#include "verify/mx_clusters.h"

enum { SAMPLE = 64, HOSTS_LOOKED_AT = 8 };

/* A domain that points at a cluster. */
struct pointer {
    uint64_t hash;
    bool disposable;
};

struct cluster {
    char *mx_domain;
    struct pointer sample[SAMPLE];
    size_t count;
    UT_hash_handle hh; /* noted longest ago first */
};

struct mx_clusters {
    pthread_mutex_t lock;
    uint8_t key[16];
    struct cluster *clusters;
    size_t max;
    const struct disposable_rows *own;
    mx_learnt_fn *learnt;
    void *arg;
};

struct mx_clusters *mx_clusters_new(size_t max_clusters, const struct disposable_rows *own,
                                    mx_learnt_fn *learnt, void *arg)
{
    struct mx_clusters *clusters = NEW(struct mx_clusters);
    pthread_mutex_init(&clusters->lock, NULL);
    crypto_random(clusters->key, sizeof(clusters->key));
    clusters->max = max_clusters;
    clusters->own = own;
    clusters->learnt = learnt;
    clusters->arg = arg;
    return clusters;
}

static void drop(struct mx_clusters *clusters, struct cluster *cluster)
{
    HASH_DEL(clusters->clusters, cluster);
    free(cluster->mx_domain);
    free(cluster);
}

void mx_clusters_free(struct mx_clusters **clusters)
{
    if (*clusters == NULL)
        return;
    while ((*clusters)->clusters != NULL)
        drop(*clusters, (*clusters)->clusters);
    pthread_mutex_destroy(&(*clusters)->lock);
    free(*clusters);
    *clusters = NULL;
}

/* ---- the sample ---- */

static uint64_t hash_of_domain(const struct mx_clusters *clusters, const char *domain)
{
    return hash_sip(clusters->key, domain, strlen(domain));
}

static struct pointer *find(struct cluster *cluster, uint64_t hash)
{
    for (size_t i = 0; i < cluster->count; i++)
        if (cluster->sample[i].hash == hash)
            return &cluster->sample[i];
    return NULL;
}

/* A place for one with this hash: free, or that of the largest; NULL when it is larger still. */
static struct pointer *place_for(struct cluster *cluster, uint64_t hash)
{
    if (cluster->count < SAMPLE)
        return &cluster->sample[cluster->count++];
    struct pointer *largest = &cluster->sample[0];
    for (size_t i = 1; i < SAMPLE; i++)
        if (cluster->sample[i].hash > largest->hash)
            largest = &cluster->sample[i];
    return hash < largest->hash ? largest : NULL;
}

/* True when that was news. */
static bool add(struct cluster *cluster, uint64_t hash, bool disposable)
{
    struct pointer *known = find(cluster, hash);
    if (known != NULL && (known->disposable || !disposable))
        return false;
    struct pointer *place = known != NULL ? known : place_for(cluster, hash);
    if (place != NULL)
        *place = (struct pointer){hash, disposable};
    return place != NULL;
}

/* ---- clusters ---- */

/* Moves it to the end of the order. */
static struct cluster *find_or_add(struct mx_clusters *clusters, const char *mx_domain)
{
    struct cluster *cluster;
    HASH_FIND_STR(clusters->clusters, mx_domain, cluster);
    if (cluster != NULL) {
        HASH_DEL(clusters->clusters, cluster);
    } else {
        while (clusters->clusters != NULL && HASH_COUNT(clusters->clusters) >= clusters->max)
            drop(clusters, clusters->clusters);
        cluster = NEW(struct cluster);
        cluster->mx_domain = x_strdup(mx_domain);
    }
    HASH_ADD_KEYPTR(hh, clusters->clusters, cluster->mx_domain, strlen(mx_domain), cluster);
    return cluster;
}

static bool learn(struct mx_clusters *clusters, const struct mx_member *member)
{
    uint64_t hash = hash_of_domain(clusters, member->domain);
    pthread_mutex_lock(&clusters->lock);
    bool news = add(find_or_add(clusters, member->mx_domain), hash, member->disposable);
    pthread_mutex_unlock(&clusters->lock);
    return news;
}

void mx_clusters_teach(struct mx_clusters *clusters, const struct mx_member *member)
{
    learn(clusters, member);
}

/* Is it suspicious, whatever `domain` itself is? */
static bool is_suspicious(struct mx_clusters *clusters, const char *mx_domain, const char *domain)
{
    uint64_t hash = hash_of_domain(clusters, domain);
    size_t disposable = 0, all = 0;
    struct cluster *cluster;
    pthread_mutex_lock(&clusters->lock);
    HASH_FIND_STR(clusters->clusters, mx_domain, cluster);
    for (size_t i = 0; cluster != NULL && i < cluster->count; i++) {
        const struct pointer *pointer = &cluster->sample[i];
        all += pointer->hash != hash;
        disposable += pointer->hash != hash && pointer->disposable;
    }
    pthread_mutex_unlock(&clusters->lock);
    return disposable >= MX_CLUSTERS_DISPOSABLE_MIN && disposable * MX_CLUSTERS_SHARE >= all;
}

/* ---- hosts to clusters ---- */

/* The cluster of a host, or NULL when it says nothing. */
static const char *cluster_of(const struct mx_clusters *clusters, const char *host,
                              const char *registrable)
{
    const char *mx_domain = list_registrable(host);
    bool says = host[0] != '\0' && strcmp(mx_domain, registrable) != 0 &&
                list_provider_by_mx(host) == NULL && list_disposable_mx(clusters->own, host) <= 0.0;
    return says ? mx_domain : NULL;
}

/* Those of the most preferred hosts, each once.  Returns how many. */
static size_t clusters_of(const struct mx_clusters *clusters, const char *registrable,
                          const struct dns_facts *dns, const char *out[HOSTS_LOOKED_AT])
{
    size_t count = 0;
    for (size_t i = 0; i < dns->mx_count && i < HOSTS_LOOKED_AT && !dns->null_mx; i++) {
        const char *mx_domain = cluster_of(clusters, dns->mx[i].name, registrable);
        for (size_t k = 0; k < count && mx_domain != NULL; k++)
            if (strcmp(out[k], mx_domain) == 0)
                mx_domain = NULL;
        if (mx_domain != NULL)
            out[count++] = mx_domain;
    }
    return count;
}

void mx_clusters_note(struct mx_clusters *clusters, const char *domain, const struct dns_facts *dns,
                      bool disposable)
{
    const char *registrable = list_registrable(domain), *found[HOSTS_LOOKED_AT];
    size_t count = clusters_of(clusters, registrable, dns, found);
    for (size_t i = 0; i < count; i++) {
        struct mx_member member = {found[i], registrable, disposable};
        if (learn(clusters, &member) && clusters->learnt != NULL)
            clusters->learnt(&member, clusters->arg);
    }
}

bool mx_clusters_is_shared(struct mx_clusters *clusters, const char *domain,
                           const struct dns_facts *dns)
{
    const char *registrable = list_registrable(domain), *found[HOSTS_LOOKED_AT];
    size_t count = clusters != NULL ? clusters_of(clusters, registrable, dns, found) : 0;
    for (size_t i = 0; i < count; i++)
        if (is_suspicious(clusters, found[i], registrable))
            return true;
    return false;
}

size_t mx_clusters_count(struct mx_clusters *clusters)
{
    pthread_mutex_lock(&clusters->lock);
    size_t count = HASH_COUNT(clusters->clusters);
    pthread_mutex_unlock(&clusters->lock);
    return count;
}
