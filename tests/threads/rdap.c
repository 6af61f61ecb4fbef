/* For TSan: eight threads ask one RDAP client about the same domains, look up what it knows and
 * teach it, while the loop thread answers; most servers do not resolve, some TLDs have none.
 * Exit 0 when every question was answered once. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/xalloc.h"
#include "rdap/rdap.h"

enum { THREADS = 8, ROUNDS = 200, DOMAINS = 40 };

static pthread_barrier_t start;
static struct loop *loop;
static struct rdap *rdap;
static atomic_size_t answered;

/* No name has an address. */
static void resolve(const char *host, web_resolved_fn *done, void *done_arg, void *arg)
{
    (void)host;
    (void)arg;
    done(NULL, 0, done_arg);
}

static void on_rdap(const struct rdap_answer *answer, void *arg)
{
    (void)arg;
    assert(answer->status != RDAP_NOT_FOUND);
    atomic_fetch_add(&answered, 1);
}

static void *work(void *arg)
{
    size_t number = (size_t)(uintptr_t)arg;
    const struct rdap_answer found = {.status = RDAP_FOUND, .registered_us = 1};
    static const char *const tlds[] = {"com", "net", "example"};
    pthread_barrier_wait(&start);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct rdap_answer known;
        char domain[32];
        size_t n = (number + round) % DOMAINS;
        snprintf(domain, sizeof(domain), "d%zu.%s", n, tlds[n % COUNT_OF(tlds)]);
        rdap_ask(rdap, domain, on_rdap, NULL);
        rdap_knows(rdap, domain, &known);
        if (round % 10 == 0)
            rdap_teach(rdap, domain, &found, 0);
    }
    return NULL;
}

static void on_free(void *arg)
{
    (void)arg;
    rdap_free(&rdap);
    loop_break(loop);
}

int main(void)
{
    pthread_t threads[THREADS];
    char why[300] = "";
    settings_defaults(&rdap_settings_table);
    rdap_settings.cache_entries = 20;
    loop = loop_new();
    const struct rdap_config config = {
        .loop = loop, .settings = &rdap_settings, .resolve = resolve};
    rdap = rdap_new(&config, why, sizeof(why));
    if (rdap == NULL) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    loop_start(loop);
    pthread_barrier_init(&start, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)i) != 0)
            return 1;
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    while (atomic_load(&answered) < THREADS * ROUNDS)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    loop_post(loop, on_free, NULL);
    loop_stop(loop);
    if (rdap != NULL) /* the stop came first */
        rdap_free(&rdap);
    loop_free(&loop);
    pthread_barrier_destroy(&start);
    printf("rdap: %zu answers\n", atomic_load(&answered));
    return 0;
}
