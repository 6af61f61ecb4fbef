/* bench_teller.c - charges per second on one hot purse, through one teller.
 *
 *   bench_teller SOCKET [CALLERS [SECONDS [ROUNDS]]]
 *
 * The database must hold the schema and an account "bench" in cascade with plenty of credits; it is
 * [database] name = vrfy_bench, user root.  Prints one line per round and min, median, max. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account/account.h"
#include "account/teller.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/xalloc.h"
#include "store/schema.h"

enum { CALLERS_MAX = 256, ROUNDS_MAX = 64, SAMPLES_MAX = 1 << 20 };

struct bench {
    struct teller *teller;
    uint64_t purse_id;
    bool hold; /* hold and settle instead of one charge */
    int64_t end_ms;
    atomic_int count;
    uint32_t *latency_us;
};

static bool once(struct bench *bench, const struct check_result *result)
{
    if (!bench->hold)
        return teller_charge(bench->teller, bench->purse_id, 1, result, NULL) == TELLER_OK;
    struct hold hold;
    return teller_hold(bench->teller, bench->purse_id, 1, 60000, &hold, NULL) == TELLER_OK &&
           teller_settle(bench->teller, &hold, result, NULL) == TELLER_OK;
}

static void *caller(void *arg)
{
    struct bench *bench = arg;
    struct check_result result = {.score = 5};
    while (clock_mono_ms() < bench->end_ms) {
        crypto_random(result.address_hash, sizeof(result.address_hash));
        int64_t before = clock_mono_us();
        if (!once(bench, &result)) {
            fprintf(stderr, "bench_teller: an operation failed\n");
            exit(1);
        }
        int n = atomic_fetch_add(&bench->count, 1);
        if (n < SAMPLES_MAX)
            bench->latency_us[n] = (uint32_t)(clock_mono_us() - before);
    }
    return NULL;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double run(struct bench *bench, int callers, int seconds)
{
    pthread_t threads[CALLERS_MAX];
    atomic_store(&bench->count, 0);
    int64_t start = clock_mono_us();
    bench->end_ms = clock_mono_ms() + seconds * 1000;
    for (int i = 0; i < callers; i++)
        pthread_create(&threads[i], NULL, caller, bench);
    for (int i = 0; i < callers; i++)
        pthread_join(threads[i], NULL);
    double rate = atomic_load(&bench->count) * 1e6 / (double)(clock_mono_us() - start);
    size_t samples = (size_t)atomic_load(&bench->count);
    samples = samples < SAMPLES_MAX ? samples : SAMPLES_MAX;
    qsort(bench->latency_us, samples, sizeof(uint32_t), compare_u32);
    printf("%s, %d callers: %.0f/s, p50 %.1f ms, p99 %.1f ms\n",
           bench->hold ? "hold+settle" : "charge", callers, rate,
           bench->latency_us[samples / 2] / 1000.0, bench->latency_us[samples * 99 / 100] / 1000.0);
    return rate;
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void rounds_run(struct bench *bench, int callers, int seconds, int rounds)
{
    double rates[ROUNDS_MAX];
    for (int i = 0; i < rounds; i++)
        rates[i] = run(bench, callers, seconds);
    qsort(rates, (size_t)rounds, sizeof(rates[0]), compare_double);
    printf("%s: min %.0f/s  median %.0f/s  max %.0f/s\n", bench->hold ? "hold+settle" : "charge",
           rates[0], rates[rounds / 2], rates[rounds - 1]);
}

/* The purse to charge; made when it is missing, and filled. */
static uint64_t purse_prepare(struct db *db)
{
    int from, to;
    struct purse_row purse;
    bool found = false;
    schema_upgrade(db, &from, &to);
    account_create(db, "bench", "cascade", "enterprise");
    account_grant(db, "bench", "cascade", 1000000000, "bench");
    store_purse_find(db, "bench", "cascade", &purse, &found);
    return found ? purse.purse_id : 0;
}

int main(int argc, char **argv)
{
    char why[512];
    if (argc < 2) {
        fprintf(stderr, "usage: bench_teller SOCKET [CALLERS [SECONDS [ROUNDS]]]\n");
        return 64;
    }
    int callers = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 16;
    int seconds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 3;
    int rounds = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 5;
    settings_defaults(&database_settings_table);
    database_settings.socket = argv[1];
    database_settings.user = "root";
    database_settings.name = "vrfy_bench";
    if (callers > CALLERS_MAX || rounds > ROUNDS_MAX ||
        !db_create_database(&database_settings, why, sizeof(why)))
        return 1;
    struct db *db = db_new(&database_settings);
    struct bench bench = {.teller = teller_new(&database_settings), .purse_id = purse_prepare(db)};
    bench.latency_us = x_calloc(SAMPLES_MAX, sizeof(uint32_t));
    for (int hold = 0; hold < 2; hold++) {
        bench.hold = hold == 1;
        rounds_run(&bench, callers, seconds, rounds);
    }
    teller_free(&bench.teller);
    free(bench.latency_us);
    db_free(&db);
    return 0;
}
