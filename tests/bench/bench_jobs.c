/* bench_jobs.c - lists without an engine: what the database makes of starts, settles and polls.
 *
 *   bench_jobs SOCKET pairs CALLERS LISTS ROUNDS
 *
 * CALLERS threads with a connection each, all on one purse: start (the credits are reserved), feed,
 * settle and close a list of one row, LISTS of them in a round; loading them before is not counted.
 *
 *   bench_jobs SOCKET polls LISTS ROWS PUT_OFF POLLS
 *
 * LISTS lists of ROWS rows each wait, PUT_OFF of these rows were asked once and are put off.  POLLS
 * times, somebody looks for work as a worker does: which lists have some, what is due, POLL_ROWS
 * new ones; while another feeds and settles full groups as fast as it can.
 *
 * As bench_teller, it has [database] name = vrfy_bench to itself, user root. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account/account.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/xalloc.h"
#include "dialect/cascade.h"
#include "jobs/shares.h"
#include "store/schema.h"
#include "store/store_work.h"

enum {
    CALLERS_MAX = 64,
    ROUNDS_MAX = 64,
    POLL_ROWS = 64,
    PAUSE_MS = 2, /* between polls */
    LEASE_MS = 3600 * 1000,
    FACTS_LEN = 400, /* as bench_bulk's results have them */
};

static uint64_t purse_id;

static void need(bool fine, const struct db *db, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "bench_jobs: %s: %s\n", what, db != NULL ? db_why(db) : "failed");
    exit(1);
}

/* ---- figures ---- */

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_latency(const char *label, uint32_t *us, size_t count)
{
    qsort(us, count, sizeof(us[0]), compare_u32);
    printf("%s: p50 %.1f ms, p99 %.1f ms, max %.1f ms\n", label, us[count / 2] / 1000.0,
           us[count * 99 / 100] / 1000.0, us[count - 1] / 1000.0);
}

/* ---- lists ---- */

/* Rows with turns that are scattered, as uploads have them. */
static void rows_add(struct db *db, struct job *job, size_t count)
{
    struct job_row rows[JOB_ROWS_CHUNK];
    char text[JOB_ROWS_CHUNK][40];
    for (size_t i = 0; i < count; i++) {
        uint32_t n = (uint32_t)(job->rows + (int64_t)i + 1);
        snprintf(text[i], sizeof(text[i]), "someone.%u@firm%u.com", n, n % 9973);
        rows[i] = (struct job_row){.n = n,
                                   .turn = n * 2654435761u,
                                   .first = n,
                                   .address = text[i],
                                   .address_len = strlen(text[i])};
    }
    need(store_job_add_rows(db, job->id, job->rows, rows, count) == DB_OK, db, "add rows");
    job->rows += (int64_t)count;
}

/* A list of so many rows, ready to be started. */
static void list_load(struct db *db, size_t rows, struct job *job)
{
    *job = (struct job){.purse_id = purse_id, .dialect = "cascade", .encoding = "ascii"};
    store_id_new_uuid(job->id);
    need(store_job_create(db, job) == DB_OK, db, "create");
    for (size_t left = rows, some; left > 0; left -= some) {
        some = left < JOB_ROWS_CHUNK ? left : JOB_ROWS_CHUNK;
        rows_add(db, job, some);
    }
    job->addresses = job->uniques = job->rows;
    need(store_job_loaded(db, job, NULL, 0) == DB_OK, db, "loaded");
}

static void list_start(struct db *db, const uint8_t id[STORE_ID_LEN])
{
    enum job_outcome outcome;
    enum db_status status = store_job_start(db, purse_id, id, &cascade_ops, -1, &outcome);
    need(status == DB_OK && outcome == JOB_DONE, db, "start");
}

/* ---- what a worker has ---- */

struct hand {
    struct db *db;
    uint8_t owner[STORE_ID_LEN], batch_id[STORE_ID_LEN];
    uint32_t n[WORK_GROUP_MAX];
    size_t count;
};

static void hand_open(struct hand *hand)
{
    hand->db = db_new(&database_settings);
    store_id_new(hand->owner);
}

static void take(const struct work_item *item, void *arg)
{
    struct hand *hand = arg;
    memcpy(hand->batch_id, item->batch_id, STORE_ID_LEN);
    hand->n[hand->count++] = item->n;
}

static void hand_feed(struct hand *hand, const uint8_t id[STORE_ID_LEN], size_t want)
{
    size_t given = 0;
    hand->count = 0;
    need(store_work_feed(hand->db, id, hand->owner, LEASE_MS, want, take, hand, &given) == DB_OK,
         hand->db, "feed");
}

static struct work_group hand_group(const struct hand *hand)
{
    struct work_group group = {.epoch = 1, .n = hand->n, .count = hand->count};
    memcpy(group.batch_id, hand->batch_id, STORE_ID_LEN);
    memcpy(group.owner, hand->owner, STORE_ID_LEN);
    return group;
}

/* true: that was the last of its list. */
static bool hand_settle(struct hand *hand)
{
    static const char facts[FACTS_LEN] = "facts";
    struct work_result results[WORK_GROUP_MAX];
    for (size_t i = 0; i < hand->count; i++)
        results[i] = (struct work_result){
            .verdict = 1, .score = 90, .billable = true, .facts = facts, .facts_len = FACTS_LEN};
    struct work_settle settle = {.group = hand_group(hand), .results = results};
    store_id_new(settle.ref);
    enum db_status status = store_work_settle(hand->db, &settle);
    need(status == DB_OK && settle.settled == hand->count, hand->db, "settle");
    return settle.finished;
}

/* ---- pairs ---- */

struct pairs {
    struct job *lists;
    uint32_t *us; /* of each list */
    int count;
    atomic_int next;
    bool timed; /* else they are loaded */
};

static void pair_once(struct hand *hand, const uint8_t id[STORE_ID_LEN])
{
    bool closed = false;
    list_start(hand->db, id);
    hand_feed(hand, id, 1);
    need(hand->count == 1 && hand_settle(hand), hand->db, "a list of one row");
    need(store_job_close(hand->db, id, &cascade_ops, &closed) == DB_OK && closed, hand->db,
         "close");
}

static void *pairs_main(void *arg)
{
    struct pairs *pairs = arg;
    struct hand hand = {0};
    hand_open(&hand);
    for (int i; (i = atomic_fetch_add(&pairs->next, 1)) < pairs->count;) {
        int64_t before_us = clock_mono_us();
        if (pairs->timed)
            pair_once(&hand, pairs->lists[i].id);
        else
            list_load(hand.db, 1, &pairs->lists[i]);
        pairs->us[i] = (uint32_t)(clock_mono_us() - before_us);
    }
    db_free(&hand.db);
    return NULL;
}

static double pairs_pass(struct pairs *pairs, int callers, bool timed)
{
    pthread_t threads[CALLERS_MAX];
    int64_t before_us = clock_mono_us();
    pairs->timed = timed;
    atomic_store(&pairs->next, 0);
    for (int i = 0; i < callers; i++)
        pthread_create(&threads[i], NULL, pairs_main, pairs);
    for (int i = 0; i < callers; i++)
        pthread_join(threads[i], NULL);
    return pairs->count * 1e6 / (double)(clock_mono_us() - before_us);
}

static int bench_pairs(const long *numbers)
{
    int callers = (int)numbers[0], rounds = (int)numbers[2];
    struct pairs pairs = {.count = (int)numbers[1]};
    double rates[ROUNDS_MAX];
    char label[100];
    if (callers < 1 || callers > CALLERS_MAX || pairs.count < 1 || rounds < 1 ||
        rounds > ROUNDS_MAX)
        return 64;
    pairs.lists = x_calloc((size_t)pairs.count, sizeof(pairs.lists[0]));
    pairs.us = x_calloc((size_t)pairs.count, sizeof(pairs.us[0]));
    for (int i = 0; i < rounds; i++) {
        pairs_pass(&pairs, callers, false);
        rates[i] = pairs_pass(&pairs, callers, true);
        snprintf(label, sizeof(label), "start+feed+settle+close, %d callers: %.0f/s", callers,
                 rates[i]);
        print_latency(label, pairs.us, (size_t)pairs.count);
    }
    qsort(rates, (size_t)rounds, sizeof(rates[0]), compare_double);
    printf("lists of one row, start to close: min %.0f/s  median %.0f/s  max %.0f/s\n", rates[0],
           rates[rounds / 2], rates[rounds - 1]);
    free(pairs.lists);
    free(pairs.us);
    return 0;
}

/* ---- polls ---- */

struct load {
    const struct job *lists;
    size_t count;
    atomic_bool over;
    atomic_uint_fast64_t settled;
};

/* Feeds and settles full groups, of all lists in turn. */
static void *load_main(void *arg)
{
    struct load *load = arg;
    struct hand hand = {0};
    hand_open(&hand);
    for (size_t i = 0; !atomic_load(&load->over); i++) {
        hand_feed(&hand, load->lists[i % load->count].id, WORK_GROUP_MAX);
        if (hand.count > 0)
            hand_settle(&hand);
        atomic_fetch_add(&load->settled, hand.count);
    }
    db_free(&hand.db);
    return NULL;
}

struct sources {
    size_t count, at;
    uint8_t id[STORE_ID_LEN]; /* of the one that is taken from */
};

static bool source_found(const struct work_source *source, void *arg)
{
    struct sources *sources = arg;
    if (sources->count++ == sources->at)
        memcpy(sources->id, source->job_id, STORE_ID_LEN);
    return true;
}

/* The times of sources, lease and feed. */
static const struct dialect_ops *const dialects[] = {&cascade_ops, NULL};

static void poll_once(struct hand *hand, size_t number, uint32_t us[3])
{
    struct sources sources = {.at = number % 4};
    size_t due = 0;
    int64_t at[4] = {clock_mono_us()};
    need(store_work_sources(hand->db, dialects, SHARES_MAX, source_found, &sources) == DB_OK &&
             sources.count > sources.at,
         hand->db, "sources");
    at[1] = clock_mono_us();
    hand->count = 0;
    need(store_work_lease(hand->db, hand->owner, LEASE_MS, POLL_ROWS, take, hand, &due) == DB_OK,
         hand->db, "lease");
    at[2] = clock_mono_us();
    hand_feed(hand, sources.id, POLL_ROWS);
    at[3] = clock_mono_us();
    for (int i = 0; i < 3; i++)
        us[i] = (uint32_t)(at[i + 1] - at[i]);
}

static void polls_print(const uint32_t (*us)[3], size_t count)
{
    static const char *const labels[] = {"  sources", "  lease", "  feed", "poll"};
    uint32_t *one = x_calloc(count, sizeof(*one));
    for (int part = 0; part < 4; part++) {
        for (size_t i = 0; i < count; i++)
            one[i] = part < 3 ? us[i][part] : us[i][0] + us[i][1] + us[i][2];
        print_latency(labels[part], one, count);
    }
    free(one);
}

static void pause_between(void)
{
    const struct timespec time = {.tv_nsec = PAUSE_MS * 1000000};
    nanosleep(&time, NULL);
}

static void polls_run(struct hand *hand, const struct job *lists, size_t count, size_t polls,
                      const char *label)
{
    struct load load = {.lists = lists, .count = count};
    uint32_t(*us)[3] = x_calloc(polls, sizeof(*us));
    pthread_t thread;
    int64_t before_us = clock_mono_us();
    pthread_create(&thread, NULL, load_main, &load);
    for (size_t i = 0; i < polls; i++) {
        poll_once(hand, i, us[i]);
        pause_between();
    }
    atomic_store(&load.over, true);
    pthread_join(thread, NULL);
    double seconds = (double)(clock_mono_us() - before_us) / 1e6;
    printf("%s: %zu polls of %d rows, beside %.0f rows/s settled\n", label, polls, POLL_ROWS,
           (double)atomic_load(&load.settled) / seconds);
    polls_print((const uint32_t(*)[3])us, polls);
    free(us);
}

/* Asked once, and due again in an hour. */
static void put_off(struct hand *hand, const struct job *lists, size_t count, size_t rows)
{
    for (size_t i = 0, left = rows; left > 0; i++, left -= hand->count) {
        hand_feed(hand, lists[i % count].id, left < WORK_GROUP_MAX ? left : WORK_GROUP_MAX);
        need(hand->count > 0, NULL, "fewer rows than are to be put off");
        struct work_group group = hand_group(hand);
        need(store_work_return(hand->db, &group, LEASE_MS, true) == DB_OK, hand->db, "put off");
    }
}

static int bench_polls(const long *numbers)
{
    size_t count = (size_t)numbers[0], rows = (size_t)numbers[1];
    size_t off = (size_t)numbers[2], polls = (size_t)numbers[3];
    struct hand hand = {0};
    char label[100];
    if (count < 4 || rows < 1 || polls < 1 || off > count * rows)
        return 64;
    struct job *lists = x_calloc(count, sizeof(*lists));
    hand_open(&hand);
    int64_t before_us = clock_mono_us();
    for (size_t i = 0; i < count; i++) {
        list_load(hand.db, rows, &lists[i]);
        list_start(hand.db, lists[i].id);
    }
    printf("%zu lists of %zu rows loaded and started in %.1f s\n", count, rows,
           (double)(clock_mono_us() - before_us) / 1e6);
    snprintf(label, sizeof(label), "%zu rows wait", count * rows);
    polls_run(&hand, lists, count, polls, label);
    put_off(&hand, lists, count, off);
    snprintf(label, sizeof(label), "the same, %zu rows put off", off);
    polls_run(&hand, lists, count, polls, label);
    db_free(&hand.db);
    free(lists);
    return 0;
}

/* ---- the program ---- */

/* The purse to charge; made when it is missing, and filled. */
static void purse_prepare(void)
{
    int from, to;
    bool found = false;
    struct purse_row purse;
    struct db *db = db_new(&database_settings);
    need(schema_upgrade(db, &from, &to) == DB_OK, db, "schema");
    account_create(db, "bench", "cascade", "enterprise");
    account_grant(db, "bench", "cascade", 1000000000, "bench");
    store_purse_find(db, "bench", "cascade", &purse, &found);
    need(found, db, "the account");
    purse_id = purse.purse_id;
    db_free(&db);
}

int main(int argc, char **argv)
{
    char why[512];
    long numbers[4] = {0};
    bool pairs = argc == 6 && strcmp(argv[2], "pairs") == 0;
    if (!pairs && !(argc == 7 && strcmp(argv[2], "polls") == 0)) {
        fprintf(stderr, "usage: bench_jobs SOCKET pairs CALLERS LISTS ROUNDS\n"
                        "       bench_jobs SOCKET polls LISTS ROWS PUT_OFF POLLS\n");
        return 64;
    }
    for (int i = 3; i < argc; i++)
        numbers[i - 3] = strtol(argv[i], NULL, 10);
    settings_defaults(&database_settings_table);
    database_settings.socket = argv[1];
    database_settings.user = "root";
    database_settings.name = "vrfy_bench";
    need(db_create_database(&database_settings, why, sizeof(why)), NULL, "database");
    purse_prepare();
    setvbuf(stdout, NULL, _IOLBF, 0);
    return pairs ? bench_pairs(numbers) : bench_polls(numbers);
}
