#ifndef TESTS_JOB_FIXTURE_H
#define TESTS_JOB_FIXTURE_H

/* Lists for tests of the store: a dialect of five statuses, a list whose rows follow from their
 * numbers, and one call per thing that happens to a list.  Every call must succeed. */
#include "db_fixture.h"
#include "store/store_job.h"
#include "base/clock.h"
#include "store/store_webhook.h"
#include "store/store_work.h"

enum { STATUS_GOOD, STATUS_BAD, STATUS_RISKY, STATUS_FREE, STATUS_UNKNOWN };

static void job_fixture_webhook(struct strbuf *out, const struct list_summary *summary)
{
    char created[32];
    clock_iso_ms(summary->created_us, created, sizeof(created));
    /* "2026-11-28T00:33:13": what both have. */
    bool in_order = strlen(created) == 24 && strlen(summary->finished) == 20 &&
                    strncmp(created, summary->finished, 19) <= 0;
    strbuf_printf(out, "{\"id\":\"%s\",\"failed\":%d,\"total\":%lld,\"unknown\":%lld,\"dates\":%d}",
                  summary->id, summary->failed, (long long)summary->total,
                  (long long)summary->counts[STATUS_UNKNOWN], in_order);
}

static const char *const job_statuses[] = {"good", "bad", "risky", "free", "unknown"};
#define JOB_OPS(dialect, credits)                                                                  \
    {                                                                                              \
        .name = dialect, .statuses = job_statuses, .status_count = 5,                              \
        .status_unknown = STATUS_UNKNOWN, .price = (credits), .event_completed = "list.completed", \
        .event_failed = "list.failed", .write_webhook = job_fixture_webhook                        \
    }
static const struct dialect_ops job_ops = JOB_OPS("cascade", 1);
static const struct dialect_ops job_ops_dear = JOB_OPS("cascade", 3);
static const struct dialect_ops *const job_dialects[] = {&job_ops, NULL};

/* Row n of a mixed list: every 7th has no address, every 5th that of row 1. */
static inline uint32_t row_first(uint32_t n, bool mixed)
{
    if (mixed && n % 7 == 0)
        return 0;
    return mixed && n % 5 == 0 ? 1 : n;
}

static inline uint32_t row_turn(uint32_t n)
{
    return n % 3;
}

static inline int row_address(uint32_t n, char out[32])
{
    return snprintf(out, 32, "u%u@example.org", n);
}

/* Rows from..from+count-1, added behind those before them. */
static inline enum db_status list_rows(struct db *db, const uint8_t *id, uint32_t from,
                                       size_t count, bool mixed)
{
    static char texts[JOB_ROWS_CHUNK][32];
    static struct job_row rows[JOB_ROWS_CHUNK];
    for (size_t i = 0; i < count; i++) {
        uint32_t n = from + (uint32_t)i, first = row_first(n, mixed);
        size_t len = (size_t)row_address(first, texts[i]);
        rows[i] = (struct job_row){.n = n,
                                   .turn = row_turn(n),
                                   .first = first,
                                   .address = first != 0 ? texts[i] : NULL,
                                   .address_len = first != 0 ? len : 0,
                                   .cells = mixed ? "a,\"b\"" : NULL,
                                   .cells_len = mixed ? 5 : 0};
    }
    return store_job_add_rows(db, id, from - 1, rows, count);
}

/* A list that is loading: nothing but its row. */
static inline struct job list_begin(struct db *db, uint64_t purse_id)
{
    struct job job = {.purse_id = purse_id, .dialect = "cascade", .filename = "list.csv"};
    store_id_new_uuid(job.id);
    cr_assert_eq(store_job_create(db, &job), DB_OK, "%s", db_why(db));
    return job;
}

static inline void list_count(struct job *job, uint32_t rows, bool mixed)
{
    job->rows = rows;
    job->addresses = job->uniques = 0;
    for (uint32_t n = 1; n <= rows; n++) {
        job->addresses += row_first(n, mixed) != 0;
        job->uniques += row_first(n, mixed) == n;
    }
    snprintf(job->encoding, sizeof(job->encoding), "utf-8");
    snprintf(job->column_name, sizeof(job->column_name), "mail");
    job->delimiter = ',';
    job->header = true;
    job->column = 2;
}

/* A list that may be started. */
static inline struct job list_load(struct db *db, uint64_t purse_id, uint32_t rows, bool mixed)
{
    struct job job = list_begin(db, purse_id);
    for (uint32_t at = 0; at < rows; at += JOB_ROWS_CHUNK) {
        size_t count = rows - at < JOB_ROWS_CHUNK ? rows - at : JOB_ROWS_CHUNK;
        cr_assert_eq(list_rows(db, job.id, at + 1, count, mixed), DB_OK, "%s", db_why(db));
    }
    list_count(&job, rows, mixed);
    cr_assert_eq(store_job_loaded(db, &job, "name,mail", 9), DB_OK, "%s", db_why(db));
    return job;
}

static inline struct job list_find(struct db *db, const uint8_t *id)
{
    struct job job;
    bool found = false;
    cr_assert_eq(store_job_find(db, 0, id, &job, &found), DB_OK, "%s", db_why(db));
    cr_assert(found);
    cr_assert_eq(store_job_waiting(db, &job), DB_OK, "%s", db_why(db));
    return job;
}

static inline enum job_outcome list_start(struct db *db, const struct job *job, int unknown)
{
    enum job_outcome outcome;
    cr_assert_eq(store_job_start(db, job->purse_id, job->id, &job_ops, unknown, &outcome), DB_OK,
                 "%s", db_why(db));
    return outcome;
}

static inline enum job_outcome list_cancel(struct db *db, const struct job *job)
{
    enum job_outcome outcome;
    cr_assert_eq(store_job_cancel(db, job->purse_id, job->id, &job_ops, &outcome), DB_OK, "%s",
                 db_why(db));
    return outcome;
}

static inline enum job_outcome list_delete(struct db *db, const struct job *job)
{
    enum job_outcome outcome;
    cr_assert_eq(store_job_delete(db, job->purse_id, job->id, &job_ops, &outcome), DB_OK, "%s",
                 db_why(db));
    return outcome;
}

/* ---- work ---- */

static const uint8_t worker_a[STORE_ID_LEN] = "worker a", worker_b[STORE_ID_LEN] = "worker b";

/* What a worker was given, in the order in which it came. */
enum { BAG_MAX = 4096 };
struct bag {
    struct work_item items[BAG_MAX];
    uint32_t n[BAG_MAX];
    size_t count;
    bool bad_address; /* one was not that of its row */
};

static inline void bag_add(const struct work_item *item, void *arg)
{
    struct bag *bag = arg;
    char want[32];
    size_t len = (size_t)row_address(item->n, want);
    cr_assert_lt(bag->count, (size_t)BAG_MAX);
    bag->bad_address |= item->address_len != len || memcmp(item->address, want, len) != 0;
    bag->n[bag->count] = item->n;
    bag->items[bag->count++] = *item;
}

static inline size_t list_feed(struct db *db, const struct job *job, const uint8_t *owner,
                               int64_t lease_ms, size_t want, struct bag *bag)
{
    size_t given = 0;
    cr_assert_eq(store_work_feed(db, job->id, owner, lease_ms, want, bag_add, bag, &given), DB_OK,
                 "%s", db_why(db));
    return given;
}

static inline size_t work_lease(struct db *db, const uint8_t *owner, int64_t lease_ms, size_t want,
                                struct bag *bag)
{
    size_t given = 0;
    cr_assert_eq(store_work_lease(db, owner, lease_ms, want, bag_add, bag, &given), DB_OK, "%s",
                 db_why(db));
    return given;
}

static inline struct work_group bag_group(const struct bag *bag, size_t from, size_t count,
                                          const uint8_t *owner)
{
    struct work_group group = {.epoch = bag->items[from].epoch, .n = bag->n + from, .count = count};
    memcpy(group.batch_id, bag->items[from].batch_id, STORE_ID_LEN);
    memcpy(group.owner, owner, STORE_ID_LEN);
    return group;
}

static inline void results_fill(struct work_result *results, size_t count, int status)
{
    for (size_t i = 0; i < count; i++)
        results[i] = (struct work_result){.verdict = 1,
                                          .reason = 2,
                                          .status = status,
                                          .score = -1,
                                          .billable = status != STATUS_FREE,
                                          .facts = "facts",
                                          .facts_len = 5};
}

/* Settles count items of the bag, all with one status; returns the whole outcome. */
static inline struct work_settle bag_settle(struct db *db, const struct bag *bag, size_t from,
                                            size_t count, const uint8_t *owner, int status)
{
    struct work_result results[WORK_GROUP_MAX];
    struct work_settle settle = {.group = bag_group(bag, from, count, owner), .results = results};
    results_fill(results, count, status);
    store_id_new(settle.ref);
    cr_assert_eq(store_work_settle(db, &settle), DB_OK, "%s", db_why(db));
    settle.results = NULL;
    return settle;
}

/* Feeds and settles `count` rows of a running list with that status. */
static inline void list_settle(struct db *db, const struct job *job, size_t count, int status)
{
    static struct bag bag;
    for (size_t portion; count > 0; count -= portion) {
        portion = count < WORK_GROUP_MAX ? count : WORK_GROUP_MAX;
        bag.count = 0;
        cr_assert_eq(list_feed(db, job, worker_a, 60000, portion, &bag), portion);
        cr_assert_eq(bag_settle(db, &bag, 0, portion, worker_a, status).settled, portion);
    }
}

static inline bool list_close(struct db *db, const struct job *job)
{
    bool closed = false;
    cr_assert_eq(store_job_close(db, job->id, &job_ops, &closed), DB_OK, "%s", db_why(db));
    return closed;
}

/* Loaded, started, settled with so many unknown ones at its end, closed. */
static inline struct job list_completed(struct db *db, uint64_t purse_id, uint32_t rows,
                                        size_t unknown)
{
    struct job job = list_load(db, purse_id, rows, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    list_settle(db, &job, rows - unknown, STATUS_GOOD);
    list_settle(db, &job, unknown, STATUS_UNKNOWN);
    cr_assert(list_close(db, &job));
    return job;
}

/* ---- looking on ---- */

static inline int64_t number_of(struct db *db, const char *sql)
{
    int64_t number = -1;
    cr_assert_eq(db_query(db, sql, NULL, 0, db_take_int, &number), DB_OK, "%s: %s", sql,
                 db_why(db));
    return number;
}

static inline void sql_run(struct db *db, const char *sql)
{
    cr_assert_eq(db_exec(db, sql, NULL, 0, NULL), DB_OK, "%s: %s", sql, db_why(db));
}

#define EXPECT_BALANCE(db, name, a, h, s)                                                    \
    do {                                                                                     \
        struct purse_row b_ = fixture_balance(db, name);                                     \
        cr_assert(b_.available == (a) && b_.held == (h) && b_.spent == (s),                  \
                  "line %d: available %ld held %ld spent %ld", __LINE__, (long)b_.available, \
                  (long)b_.held, (long)b_.spent);                                            \
        fixture_books_clean(db, name);                                                       \
    } while (0)

/* Commits need not survive a power cut in tests that make thousands. */
static inline void fixture_hurry(struct db *db)
{
    sql_run(db, "SET GLOBAL innodb_flush_log_at_trx_commit = 0");
}

/* Sweeps until nothing is left to do; how often it took. */
static inline int sweep_all(struct db *db, const struct janitor_settings *settings)
{
    int64_t did = 1;
    int rounds = 0;
    while (did > 0 && rounds++ < 200) {
        cr_assert_eq(store_job_sweep(db, settings, job_dialects, &did), DB_OK, "%s", db_why(db));
        fixture_books_clean(db, "between two steps of a sweep");
    }
    return rounds;
}
static const struct janitor_settings janitor_patient = {1000000000, 1000000000, 1000000000};

#endif
