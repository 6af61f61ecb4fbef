/* test_store_work.c - the queue: who gets which rows, who may write, what results cost. */
#include "job_fixture.h"

static struct bag bag, other;

/* ---- feed ---- */

Test(store_work, feed_order)
{
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 1000), 700, true);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    static const size_t wants[] = {1, 3, 64, 255, 512, 512};
    for (size_t i = 0; i < COUNT_OF(wants); i++)
        list_feed(db, &job, worker_a, 60000, wants[i], &bag);
    cr_assert_eq(bag.count, (size_t)job.uniques);
    cr_assert_not(bag.bad_address);
    size_t at = 0;
    for (uint32_t turn = 0; turn < 3; turn++)
        for (uint32_t n = 1; n <= 700; n++)
            if (row_first(n, true) == n && row_turn(n) == turn)
                cr_assert_eq(bag.n[at++], n, "turn %u: %u, not %u", turn, bag.n[at - 1], n);
    for (size_t i = 0; i < bag.count; i++)
        cr_assert(bag.items[i].epoch == 1 && bag.items[i].tries == 1 && bag.items[i].retries == 0);
    fixture_books_clean(db, "fed");
    db_free(&db);
}

struct feeder {
    const struct job *job;
    uint8_t owner[STORE_ID_LEN];
    struct bag bag;
    int failed;
};

static void *feed_all(void *arg)
{
    struct feeder *feeder = arg;
    struct db *db = db_new(&database_settings);
    size_t given;
    do {
        given = 0;
        enum db_status status = store_work_feed(db, feeder->job->id, feeder->owner, 60000, 37,
                                                bag_add, &feeder->bag, &given);
        feeder->failed += status != DB_OK;
    } while (given > 0);
    db_free(&db);
    return NULL;
}

Test(store_work, four_feed_at_once)
{
    static struct feeder feeders[4];
    static int seen[3001];
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 3000), 3000, true);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(feeders); i++) {
        feeders[i].job = &job;
        feeders[i].owner[0] = (uint8_t)(i + 1);
        pthread_create(&threads[i], NULL, feed_all, &feeders[i]);
    }
    int64_t sum = 0;
    for (size_t i = 0; i < COUNT_OF(feeders); i++) {
        pthread_join(threads[i], NULL);
        cr_assert_eq(feeders[i].failed, 0);
        for (size_t j = 0; j < feeders[i].bag.count; j++)
            cr_assert_eq(seen[feeders[i].bag.n[j]]++, 0, "row %u twice", feeders[i].bag.n[j]);
        sum += (int64_t)feeders[i].bag.count;
    }
    cr_assert_eq(sum, job.uniques);
    fixture_books_clean(db, "fed by four");
    db_free(&db);
}

/* A try that never landed, and somebody who took the same rows before it was repeated. */
static const struct job *stolen_job;
static const uint8_t *thief;
static bool stolen;

static unsigned steal_rows(const char *sql, bool after, void *arg)
{
    struct fixture_fault *fault = arg;
    unsigned error = stolen ? 0 : fixture_fault_fn(sql, after, fault);
    if (stolen && fault->times == 0 && strcmp(sql, "START TRANSACTION") == 0 && !after) {
        fault->times = -1; /* once */
        struct db *db = db_new(&database_settings);
        size_t given = 0;
        store_work_feed(db, stolen_job->id, thief, 60000, 4, bag_add, &other, &given);
        db_free(&db);
    }
    stolen |= error != 0;
    return error;
}

Test(store_work, rows_that_somebody_else_got_meanwhile)
{
    static const unsigned errors[] = {1213, 2013};
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 3000);
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        for (int same = 0; same < 2; same++)
            for (int at = 1; at <= 6; at++) { /* START, lock, cursor, rows, insert, list */
                struct job job = list_load(db, purse, 12, false);
                cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
                struct fixture_fault fault = {errors[i], false, at, 1, 0};
                bag.count = other.count = 0;
                stolen = false;
                stolen_job = &job;
                thief = same ? worker_a : worker_b;
                db_test_fault(steal_rows, &fault);
                list_feed(db, &job, worker_a, 60000, 4, &bag);
                db_test_fault(NULL, NULL);
                cr_assert_eq(bag.count, 4);
                cr_assert_eq(other.count, 4);
                for (size_t a = 0; a < 4; a++)
                    for (size_t b = 0; b < 4; b++)
                        cr_assert_neq(bag.n[a], other.n[b], "error %u at %d: row %u twice",
                                      errors[i], at, bag.n[a]);
                cr_assert_eq(bag_settle(db, &bag, 0, 4, worker_a, 0).settled, 4);
                fixture_books_clean(db, "rows not twice");
            }
    db_free(&db);
}

/* ---- lease ---- */

/* A list whose rows are all in the queue, due at once, nobody's. */
static struct job list_queued(struct db *db, uint64_t purse, uint32_t rows)
{
    struct job job = list_load(db, purse, rows, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    bag.count = 0;
    while (list_feed(db, &job, worker_a, 60000, WORK_GROUP_MAX, &bag) > 0) {
        size_t last = bag.count % WORK_GROUP_MAX == 0 ? WORK_GROUP_MAX : bag.count % WORK_GROUP_MAX;
        struct work_group group = bag_group(&bag, bag.count - last, last, worker_a);
        cr_assert_eq(store_work_return(db, &group, 0, false), DB_OK, "%s", db_why(db));
    }
    bag.count = 0;
    return job;
}

Test(store_work, lease)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 3000);
    struct job one = list_queued(db, purse, 600), two = list_queued(db, purse, 20);
    cr_assert_eq(work_lease(db, worker_a, 60000, 610, &bag), 610);
    cr_assert_eq(work_lease(db, worker_b, 60000, 100, &other), 10);
    cr_assert_eq(work_lease(db, worker_b, 60000, 100, &other), 0, "all are taken");
    cr_assert_not(bag.bad_address || other.bad_address);
    for (size_t i = 0; i < bag.count; i++)
        cr_assert(bag.items[i].epoch == 2 && bag.items[i].tries == 1, "epoch %u tries %d",
                  bag.items[i].epoch, bag.items[i].tries);
    cr_assert_eq(number_of(db, "SELECT COUNT(DISTINCT batch_id, n) FROM work WHERE epoch = 2"
                               " AND owner IS NOT NULL AND run_at > UTC_TIMESTAMP(6)"),
                 620);
    cr_assert_neq(one.id[15] + one.id[14] * 256, two.id[15] + two.id[14] * 256);
    fixture_books_clean(db, "leased");
    db_free(&db);
}

struct lessee {
    struct bag *bag;
    size_t given;
    int64_t ms;
    enum db_status status;
    bool done;
};

/* In the middle of another lease: its rows are locked, the others are not. */
static unsigned lease_meanwhile(const char *sql, bool after, void *arg)
{
    struct lessee *lessee = arg;
    if (!after || lessee->done || strstr(sql, "SKIP LOCKED") == NULL)
        return 0;
    lessee->done = true;
    struct db *db = db_new(&database_settings);
    int64_t from = clock_mono_ms();
    lessee->status =
        store_work_lease(db, worker_b, 60000, 100, bag_add, lessee->bag, &lessee->given);
    lessee->ms = clock_mono_ms() - from;
    db_free(&db);
    return 0;
}

Test(store_work, two_lease_at_once)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 3000);
    static const struct {
        uint32_t rows;
        size_t want;
    } rows[] = {{20, 10}, {20, 1}, {600, 100}, {600, 590}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct job job = list_queued(db, purse, rows[i].rows);
        struct lessee lessee = {.bag = &other};
        other.count = 0;
        size_t left = rows[i].rows - rows[i].want;
        db_test_fault(lease_meanwhile, &lessee);
        cr_assert_eq(work_lease(db, worker_a, 60000, rows[i].want, &bag), rows[i].want);
        db_test_fault(NULL, NULL);
        cr_assert_eq(lessee.status, DB_OK);
        cr_assert_eq(lessee.given, left < 100 ? left : 100, "%u rows, %zu locked: %zu left",
                     rows[i].rows, rows[i].want, lessee.given);
        cr_assert_lt(lessee.ms, 2500, "it waited");
        cr_assert_eq(list_cancel(db, &job), JOB_DONE);
        sweep_all(db, &janitor_patient);
    }
    fixture_books_clean(db, "leased");
    db_free(&db);
}

/* An hour passes. */
static void an_hour_later(struct db *db)
{
    sql_run(db, "UPDATE work SET run_at = run_at - INTERVAL 1 HOUR");
}

Test(store_work, expired_lease_comes_back)
{
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 100), 4, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    cr_assert_eq(list_feed(db, &job, worker_a, 60000, 4, &bag), 4);
    cr_assert_eq(work_lease(db, worker_b, 60000, 4, &other), 0, "not yet");
    struct work_group group = bag_group(&bag, 0, 2, worker_a);
    cr_assert_eq(store_work_keep(db, &group, 7200000), DB_OK);
    an_hour_later(db);
    cr_assert_eq(work_lease(db, worker_b, 60000, 4, &other), 2, "two were kept");
    cr_assert_eq(other.items[0].tries, 2);
    cr_assert_eq(other.items[0].epoch, 2);
    cr_assert_eq(bag_settle(db, &bag, 0, 4, worker_a, 0).settled, 2, "the rest is b's");
    cr_assert_eq(bag_settle(db, &other, 0, 2, worker_b, 0).settled, 2);
    cr_assert(list_close(db, &job));
    EXPECT_BALANCE(db, "a", 96, 0, 4);
    db_free(&db);
}

/* ---- who may write ---- */

Test(store_work, a_stale_lease_changes_nothing)
{
    static const struct {
        const char *label;
        bool owner, epoch; /* is the right one */
    } rows[] = {{"owner", false, true}, {"epoch", true, false}, {"both", false, false}};
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 100), 10, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    cr_assert_eq(list_feed(db, &job, worker_a, 0, 10, &bag), 10);
    cr_assert_eq(work_lease(db, worker_b, 60000, 10, &other), 10);
    static const char sum[] = "SELECT SUM(CRC32(CONCAT(n, run_at, HEX(owner), epoch, tries,"
                              " retries))) FROM work";
    int64_t before = number_of(db, sum);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct work_group group =
            bag_group(rows[i].epoch ? &other : &bag, 0, 10, rows[i].owner ? worker_b : worker_a);
        cr_assert_eq(store_work_keep(db, &group, 90000), DB_OK);
        cr_assert_eq(store_work_return(db, &group, 0, true), DB_OK);
        cr_assert_eq(store_work_return(db, &group, 0, false), DB_OK);
        struct work_result results[10];
        results_fill(results, 10, STATUS_GOOD);
        struct work_settle settle = {.group = group, .results = results};
        store_id_new(settle.ref);
        cr_assert_eq(store_work_settle(db, &settle), DB_OK);
        cr_assert_eq(settle.settled, 0, "%s", rows[i].label);
        cr_assert_not(settle.finished);
        cr_assert_eq(number_of(db, sum), before, "%s", rows[i].label);
        EXPECT_BALANCE(db, "a", 90, 10, 0);
    }
    db_free(&db);
}

Test(store_work, settle_what_is_left_of_a_group)
{
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 100), 20, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    cr_assert_eq(list_feed(db, &job, worker_a, 60000, 20, &bag), 20);
    struct work_group lost = bag_group(&bag, 5, 7, worker_a);
    cr_assert_eq(store_work_return(db, &lost, 0, false), DB_OK);
    struct work_settle settle = bag_settle(db, &bag, 0, 18, worker_a, STATUS_RISKY);
    cr_assert_eq(settle.settled, 11);
    cr_assert_not(settle.finished);
    EXPECT_BALANCE(db, "a", 80, 9, 11);
    cr_assert_eq(bag_settle(db, &bag, 0, 18, worker_a, 0).settled, 0, "they are settled");
    cr_assert_eq(work_lease(db, worker_b, 60000, 10, &other), 7);
    cr_assert_eq(bag_settle(db, &other, 0, 7, worker_b, STATUS_FREE).settled, 7);
    settle = bag_settle(db, &bag, 18, 2, worker_a, STATUS_BAD);
    cr_assert(settle.settled == 2 && settle.finished);
    cr_assert_arr_eq(settle.job_id, job.id, STORE_ID_LEN);
    EXPECT_BALANCE(db, "a", 87, 0, 13);
    cr_assert(list_close(db, &job));
    struct job now = list_find(db, job.id);
    cr_assert(now.counts[STATUS_RISKY] == 11 && now.counts[STATUS_FREE] == 7 &&
              now.counts[STATUS_BAD] == 2 && now.done == 20);
    EXPECT_BALANCE(db, "a", 87, 0, 13);
    db_free(&db);
}

/* A row named twice in a group is one result. */
Test(store_work, odd_groups)
{
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 100), 4, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    cr_assert_eq(list_feed(db, &job, worker_a, 60000, 2, &bag), 2);
    bag.n[2] = bag.n[0];
    bag.n[3] = 77; /* no such row */
    cr_assert_eq(bag_settle(db, &bag, 0, 4, worker_a, 0).settled, 2);
    EXPECT_BALANCE(db, "a", 96, 2, 2);
    struct work_source source;
    bool found = true;
    cr_assert_eq(store_work_source_of(db, worker_a, &source, &found), DB_OK);
    cr_assert_not(found);
    db_free(&db);
}

Test(store_work, a_whole_group)
{
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 1000), WORK_GROUP_MAX, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    cr_assert_eq(list_feed(db, &job, worker_a, 60000, 1000, &bag), (size_t)WORK_GROUP_MAX);
    static struct work_result results[WORK_GROUP_MAX];
    struct work_settle settle = {.group = bag_group(&bag, 0, WORK_GROUP_MAX, worker_a),
                                 .results = results};
    int64_t free_ones = 0;
    static char facts[8192];
    memset(facts, 'f', sizeof(facts));
    for (size_t i = 0; i < WORK_GROUP_MAX; i++) {
        results_fill(&results[i], 1, i % 3 == 0 ? STATUS_FREE : STATUS_GOOD);
        results[i].score = (int)bag.n[i];
        results[i].facts = facts;
        results[i].facts_len = i % 64 == 0 ? sizeof(facts) : i % 2 == 0 ? 100 : 0;
        free_ones += i % 3 == 0;
    }
    store_id_new(settle.ref);
    cr_assert_eq(store_work_settle(db, &settle), DB_OK, "%s", db_why(db));
    cr_assert(settle.settled == WORK_GROUP_MAX && settle.finished);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM job_item WHERE score = n"), WORK_GROUP_MAX);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM job_item WHERE facts IS NOT NULL"),
                 WORK_GROUP_MAX);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM ledger WHERE batch_id IS NOT NULL"), 3,
                 "a hold, a post, a release");
    EXPECT_BALANCE(db, "a", 488 + free_ones, 0, 512 - free_ones);
    cr_assert(list_close(db, &job));
    EXPECT_BALANCE(db, "a", 488 + free_ones, 0, 512 - free_ones);
    db_free(&db);
}

/* ---- put off, poison ---- */

Test(store_work, counters)
{
    static const struct {
        const char *label;
        int back; /* 0: the lease runs out, 1: returned, 2: put off */
        int tries, retries;
        bool waiting; /* afterwards, until the next lease */
    } rows[] = {
        {"the lease runs out", 0, 2, 0, false},
        {"returned", 1, 2, 0, false},
        {"again", 1, 2, 0, false},
        {"runs out", 0, 3, 0, false},
        {"put off", 2, 1, 1, true},
        {"runs out, put off before", 0, 2, 1, false},
        {"put off again", 2, 1, 2, true},
        {"returned", 1, 1, 2, true},
    };
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 100), 1, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    cr_assert_eq(list_feed(db, &job, worker_a, 0, 1, &bag), 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct work_group group = bag_group(&bag, 0, 1, worker_a);
        if (rows[i].back != 0)
            cr_assert_eq(store_work_return(db, &group, 0, rows[i].back == 2), DB_OK);
        cr_assert_eq(list_find(db, job.id).waiting, rows[i].waiting, "%s", rows[i].label);
        fixture_books_clean(db, rows[i].label);
        bag.count = 0;
        cr_assert_eq(work_lease(db, worker_a, 0, 1, &bag), 1);
        cr_assert(bag.items[0].tries == rows[i].tries && bag.items[0].retries == rows[i].retries,
                  "%s (%zu): tries %d retries %d", rows[i].label, i, bag.items[0].tries,
                  bag.items[0].retries);
        cr_assert_eq(bag.items[0].epoch, i + 2);
    }
    /* A row that nobody can work on must not keep others from being leased. */
    sql_run(db, "UPDATE work SET tries = 255, retries = 255");
    bag.count = 0;
    cr_assert_eq(work_lease(db, worker_a, 0, 1, &bag), 1);
    cr_assert_eq(bag.items[0].tries, 255);
    struct work_group group = bag_group(&bag, 0, 1, worker_a);
    cr_assert_eq(store_work_return(db, &group, 0, true), DB_OK);
    cr_assert_eq(number_of(db, "SELECT retries FROM work"), 255);
    db_free(&db);
}

Test(store_work, put_off_for_a_while)
{
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 100), 6, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    cr_assert_eq(list_feed(db, &job, worker_a, 60000, 6, &bag), 6);
    struct work_group soon = bag_group(&bag, 0, 4, worker_a),
                      late = bag_group(&bag, 4, 2, worker_a);
    cr_assert_eq(store_work_return(db, &soon, 1800 * 1000, true), DB_OK);
    cr_assert_eq(store_work_return(db, &late, 7200 * 1000, true), DB_OK);
    cr_assert_eq(work_lease(db, worker_b, 60000, 6, &other), 0);
    cr_assert_eq(list_find(db, job.id).waiting, 6);
    cr_assert_eq(bag_settle(db, &bag, 0, 6, worker_a, 0).settled, 0, "it gave them back");
    an_hour_later(db);
    cr_assert_eq(work_lease(db, worker_b, 60000, 6, &other), 4);
    cr_assert_eq(list_find(db, job.id).waiting, 2);
    fixture_books_clean(db, "put off");
    db_free(&db);
}

/* ---- looking ---- */

struct sources {
    struct work_source of[8];
    size_t count, stop;
};

static bool source_seen(const struct work_source *source, void *arg)
{
    struct sources *sources = arg;
    sources->of[sources->count++] = *source;
    return sources->count != sources->stop;
}

Test(store_work, sources_and_closable)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 1000);
    struct job jobs[4];
    for (size_t i = 0; i < 4; i++)
        jobs[i] = list_load(db, purse, 10, false);
    for (size_t i = 4; i-- > 1;) /* 3 2 1; 0 is not started */
        cr_assert_eq(list_start(db, &jobs[i], -1), JOB_DONE);
    list_settle(db, &jobs[3], 10, STATUS_GOOD);
    cr_assert_eq(list_feed(db, &jobs[2], worker_a, 60000, 4, &bag), 4);
    struct sources sources = {0}, one = {.stop = 1}, limited = {0}, closable = {0};
    cr_assert_eq(store_work_sources(db, job_dialects, 10, source_seen, &sources), DB_OK);
    cr_assert_eq(sources.count, 2);
    cr_assert_arr_eq(sources.of[0].job_id, jobs[1].id, STORE_ID_LEN, "who waited longest first");
    cr_assert_arr_eq(sources.of[1].job_id, jobs[2].id, STORE_ID_LEN);
    cr_assert_eq(sources.of[1].left, 6);
    cr_assert_eq(sources.of[0].purse_id, purse);
    cr_assert_str_eq(sources.of[0].dialect, "cascade");
    cr_assert_arr_eq(sources.of[1].batch_id, bag.items[0].batch_id, STORE_ID_LEN);
    store_work_sources(db, job_dialects, 10, source_seen, &one);
    store_work_sources(db, job_dialects, 1, source_seen, &limited);
    cr_assert(one.count == 1 && limited.count == 1);
    cr_assert_eq(store_job_closable(db, source_seen, &closable), DB_OK);
    cr_assert_eq(closable.count, 1);
    cr_assert_arr_eq(closable.of[0].job_id, jobs[3].id, STORE_ID_LEN);
    cr_assert(list_close(db, &jobs[3]));
    closable.count = 0;
    cr_assert_eq(store_job_closable(db, source_seen, &closable), DB_OK);
    cr_assert_eq(closable.count, 0);
    struct work_source source;
    bool found;
    cr_assert_eq(store_work_source_of(db, bag.items[0].batch_id, &source, &found), DB_OK);
    cr_assert(found && source.purse_id == purse);
    cr_assert_arr_eq(source.job_id, jobs[2].id, STORE_ID_LEN);
    fixture_books_clean(db, "sources");
    db_free(&db);
}
