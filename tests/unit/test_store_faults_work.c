/* test_store_faults_work.c - the queue under misfortune: every error at every statement of feeding,
 * leasing, keeping, putting off, settling, and answers to COMMIT that are lost. */
#include "fault_stage.h"

static void feed_some(struct db *db, size_t want, size_t expected)
{
    size_t given = 0;
    stage.bag.count = 0;
    said(db, store_work_feed(db, stage.job.id, worker_a, 60000, want, bag_add, &stage.bag, &given),
         "feed");
    cr_assert_eq(given, expected, "fed %zu", given);
    cr_assert_eq(stage.bag.count, expected);
    cr_assert_eq(list_find(db, stage.job.id).fed, (int64_t)expected);
    for (size_t i = 1; i < expected; i++)
        for (size_t j = 0; j < i; j++)
            cr_assert_neq(stage.bag.n[i], stage.bag.n[j]);
    cr_assert_eq(bag_settle(db, &stage.bag, 0, expected, worker_a, 0).settled, expected);
}

static void feed(struct db *db)
{
    feed_some(db, 4, 4);
}

static void feed_again(struct db *db)
{
    feed_some(db, 4, 2);
}

/* A lease whose COMMIT went unanswered may leave its rows until their time is up; never twice. */
static void lease(struct db *db)
{
    size_t given = 0;
    said(db, store_work_lease(db, worker_b, 60000, 3, bag_add, &stage.bag, &given), "lease");
    if (!stage.lost_commit)
        cr_assert_eq(given, 3);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM work WHERE owner IS NULL"
                               " AND run_at <= UTC_TIMESTAMP(6)"),
                 stage.lost_commit ? 0 : 1);
    if (given > 0)
        cr_assert_eq(bag_settle(db, &stage.bag, 0, given, worker_b, 0).settled, given);
    sql_run(db, "UPDATE work SET run_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR, owner = 0x01");
}

static void keep(struct db *db)
{
    struct work_group group = bag_group(&stage.bag, 0, 4, worker_a);
    said(db, store_work_keep(db, &group, 7200000), "keep");
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM work"
                               " WHERE run_at > UTC_TIMESTAMP(6) + INTERVAL 110 MINUTE"),
                 4);
    cr_assert_eq(bag_settle(db, &stage.bag, 0, 4, worker_a, 0).settled, 4);
}

static void put_back(struct db *db, bool counts)
{
    struct work_group group = bag_group(&stage.bag, 0, 4, worker_a);
    said(db, store_work_return(db, &group, 3600000, counts), "return");
    cr_assert_eq(list_find(db, stage.job.id).waiting, counts ? 4 : 0);
    cr_assert_eq(bag_settle(db, &stage.bag, 0, 4, worker_a, 0).settled, 0);
    const struct db_param params[] = {DB_BYTES(stage.bag.items[0].batch_id, STORE_ID_LEN)};
    int64_t sum = -1;
    cr_assert_eq(db_query(db,
                          "SELECT SUM(tries * 10 + retries) FROM work WHERE batch_id = ?"
                          " AND owner IS NULL",
                          params, 1, db_take_int, &sum),
                 DB_OK);
    cr_assert_eq(sum, counts ? 4 : 0, "tries and retries: %ld", (long)sum);
}

static void put_off(struct db *db)
{
    put_back(db, true);
}

static void give_back(struct db *db)
{
    put_back(db, false);
}

static void settle_some(struct db *db, size_t count, size_t free_ones, size_t settled,
                        bool finished)
{
    struct work_result results[ROWS];
    struct work_settle settle = {.group = bag_group(&stage.bag, 0, count, worker_a),
                                 .results = results};
    results_fill(results, count, STATUS_GOOD);
    results_fill(results, free_ones, STATUS_FREE);
    store_id_new(settle.ref);
    said(db, store_work_settle(db, &settle), "settle");
    cr_assert_eq(settle.settled, settled, "settled %zu", settle.settled);
    cr_assert_eq(settle.finished, finished);
    cr_assert_arr_eq(settle.job_id, stage.job.id, STORE_ID_LEN);
    cr_assert_eq(list_find(db, stage.job.id).done, (int64_t)settled);
    cr_assert_eq(bag_settle(db, &stage.bag, 0, count, worker_a, 0).settled, 0, "twice");
}

static void settle_mixed(struct db *db)
{
    settle_some(db, 4, 1, 4, false);
}

static void settle_all(struct db *db)
{
    settle_some(db, ROWS, 0, ROWS, true);
}

static void settle_lost(struct db *db)
{
    settle_some(db, 4, 3, 2, false);
}

static const struct story stories[] = {
    {"feed", running, feed, 0, -4, 4, 2, false},
    {"feed, second run", again, feed_again, 0, -2, 2, 2, false},
    {"keep", fed, keep, 0, -4, 4, 2, false},
    {"put off", fed, put_off, 0, 0, 0, 2, false},
    {"give back", fed, give_back, 0, 0, 0, 2, false},
    {"settle", fed, settle_mixed, 1, -4, 3, 3, false},
    {"settle the last", all_fed, settle_all, 0, -6, 6, 3, false},
    {"settle what is left", partly_lost, settle_lost, 1, -2, 1, 3, false},
    {"lease", queued, lease, 0, -3, 3, 6, true},
};

PART(store_faults_work, feeding, 2, 1)
PART(store_faults_work, settling, 3, 1)
PART(store_faults_work, leasing, 6, 1)

Test(store_faults_work, commit_lost)
{
    lost_commits(stories, COUNT_OF(stories));
}
