/* mx_clusters.c - for TSan: six threads note, teach and ask about the same few clusters, more of
 * them than there is room for; and judge names for the first time all at once, so that tables are
 * made by whoever comes first.  Exit 0 when nothing was lost that had to be kept, and names were
 * judged as always. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "verify/domain_risk.h"
#include "verify/mx_clusters.h"

enum { THREADS = 6, ROUNDS = 400, CLUSTERS = 12, ROOM = 8 };

static pthread_barrier_t start;
static struct mx_clusters *clusters;
static atomic_uint told;

static void count_told(const struct mx_member *member, void *arg)
{
    (void)arg;
    assert(member->mx_domain[0] != '\0' && member->domain[0] != '\0');
    atomic_fetch_add(&told, 1);
}

static void judge_a_name(void)
{
    struct risk_facts risk = {0};
    domain_risk_of_name("xn--80ak6aa92e.com", &risk);
    assert(risk.homograph && risk.non_ascii_domain && !risk.generated_domain);
    domain_risk_of_name("xqzvkjwpl.com", &risk);
    assert(!risk.homograph && !risk.non_ascii_domain && risk.generated_domain);
}

static void *work(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    pthread_barrier_wait(&start);
    judge_a_name();
    for (unsigned round = 0; round < ROUNDS; round++) {
        char domain[32], host[40];
        snprintf(domain, sizeof(domain), "d%u.com", (round * 7 + seed) % 50);
        snprintf(host, sizeof(host), "mx.host%u.net", (round + seed) % CLUSTERS);
        struct mx_host mx = {10, host};
        struct dns_facts dns = {.mx = &mx, .mx_count = 1};
        struct mx_member member = {host + 3, domain, true};
        mx_clusters_note(clusters, domain, &dns, round % 2 == 0);
        mx_clusters_teach(clusters, &member);
        mx_clusters_is_shared(clusters, "new.com", &dns);
        assert(mx_clusters_count(clusters) <= ROOM);
    }
    return NULL;
}

/* Whatever happened before, three new ones are enough. */
static void check_it_still_learns(void)
{
    struct mx_host mx = {10, "mx.last-host.net"};
    struct dns_facts dns = {.mx = &mx, .mx_count = 1};
    mx_clusters_note(clusters, "a.com", &dns, true);
    mx_clusters_note(clusters, "b.com", &dns, true);
    assert(!mx_clusters_is_shared(clusters, "new.com", &dns));
    mx_clusters_note(clusters, "c.com", &dns, true);
    assert(mx_clusters_is_shared(clusters, "new.com", &dns));
}

int main(void)
{
    pthread_t threads[THREADS];
    clusters = mx_clusters_new(ROOM, NULL, count_told, NULL);
    pthread_barrier_init(&start, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)i);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert(atomic_load(&told) > 0);
    check_it_still_learns();
    pthread_barrier_destroy(&start);
    mx_clusters_free(&clusters);
    return 0;
}
