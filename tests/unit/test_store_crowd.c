/* test_store_crowd.c - many workers on the same lists at once: no deadlock surfaces, nothing is
 * counted twice, the sums are exact. */
#include "job_fixture.h"

enum { WORKERS = 6, OPERATIONS = 60 };
static struct job crowd_jobs[2];
static uint64_t crowd_purse;

struct worker {
    int number, failed;
    unsigned seed;
    uint8_t owner[STORE_ID_LEN];
    struct bag bag;
    char why[256];
    int64_t settled;
};

static int dice(struct worker *worker, int sides)
{
    worker->seed = worker->seed * 1103515245u + 12345u;
    return (int)(worker->seed >> 16) % sides;
}

static void check(struct worker *worker, struct db *db, enum db_status status, const char *what)
{
    if (status == DB_OK)
        return;
    worker->failed++;
    snprintf(worker->why, sizeof(worker->why), "%s: %d %s", what, (int)status, db_why(db));
}

/* Behind the last item that was leased together with that at `at`. */
static size_t same_lease(const struct bag *bag, size_t at)
{
    size_t to = at + 1;
    while (to < bag->count && to - at < WORK_GROUP_MAX &&
           bag->items[to].epoch == bag->items[at].epoch &&
           memcmp(bag->items[to].batch_id, bag->items[at].batch_id, STORE_ID_LEN) == 0)
        to++;
    return to;
}

/* Settles, returns or forgets what the worker has, a group at a time. */
static void work_off(struct worker *worker, struct db *db)
{
    struct bag *bag = &worker->bag;
    for (size_t at = 0, to; at < bag->count; at = to) {
        to = same_lease(bag, at);
        struct work_group group = bag_group(bag, at, to - at, worker->owner);
        struct work_result results[WORK_GROUP_MAX];
        for (size_t i = 0; i < to - at; i++)
            results_fill(&results[i], 1, dice(worker, 5));
        struct work_settle settle = {.group = group, .results = results};
        store_id_new(settle.ref);
        if (dice(worker, 6) == 0)
            check(worker, db, store_work_keep(db, &group, 60000), "keep");
        if (dice(worker, 5) == 0)
            check(worker, db, store_work_return(db, &group, dice(worker, 3), dice(worker, 2)),
                  "return");
        if (dice(worker, 8) != 0)
            check(worker, db, store_work_settle(db, &settle), "settle");
        worker->settled += (int64_t)settle.settled;
    }
    bag->count = 0;
}

static void one_operation(struct worker *worker, struct db *db, int i)
{
    const struct job *job = &crowd_jobs[dice(worker, 2)];
    bool closed = false;
    size_t given = 0, want = (size_t)dice(worker, 40) + 1;
    enum job_outcome outcome;
    int lease_ms = dice(worker, 3) == 0 ? 1 : 60000;
    switch (dice(worker, 10)) {
    case 0:
        check(worker, db, store_job_close(db, job->id, &job_ops, &closed), "close");
        break;
    case 1:
        check(
            worker, db,
            store_job_start(db, crowd_purse, crowd_jobs[0].id, &job_ops, STATUS_UNKNOWN, &outcome),
            "start");
        break;
    case 2:
    case 3:
    case 4:
        check(worker, db,
              store_work_lease(db, worker->owner, lease_ms, want, bag_add, &worker->bag, &given),
              "lease");
        break;
    default:
        check(worker, db,
              store_work_feed(db, job->id, worker->owner, lease_ms, want, bag_add, &worker->bag,
                              &given),
              "feed");
    }
    work_off(worker, db);
    if (worker->number == 0 && i == OPERATIONS / 2)
        check(worker, db, store_job_cancel(db, crowd_purse, crowd_jobs[1].id, &job_ops, &outcome),
              "cancel");
}

static void *work_in_a_crowd(void *arg)
{
    struct worker *worker = arg;
    struct db *db = db_new(&database_settings);
    for (int i = 0; i < OPERATIONS; i++)
        one_operation(worker, db, i);
    db_free(&db);
    return NULL;
}

static bool status_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    *(int64_t *)arg = db_value_int(&values[1]);
    return false;
}

Test(store_crowd, a_crowd)
{
    static struct worker workers[WORKERS];
    static struct bag bag;
    struct db *db = fixture_open();
    fixture_hurry(db);
    crowd_purse = fixture_purse(db, "a", 100000);
    for (size_t i = 0; i < 2; i++) {
        crowd_jobs[i] = list_load(db, crowd_purse, 3000, true);
        cr_assert_eq(list_start(db, &crowd_jobs[i], -1), JOB_DONE);
    }
    pthread_t threads[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        workers[i].number = i;
        workers[i].seed = (unsigned)i * 7919u + 1u;
        workers[i].owner[0] = (uint8_t)(i + 1);
        pthread_create(&threads[i], NULL, work_in_a_crowd, &workers[i]);
    }
    int64_t settled = 0, deadlocks = -1;
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(workers[i].failed, 0, "worker %d: %d failed: %s", i, workers[i].failed,
                     workers[i].why);
        settled += workers[i].settled;
    }
    db_query(db, "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'", NULL, 0, status_found, &deadlocks);
    fixture_books_clean(db, "after the crowd");
    cr_assert_eq(list_find(db, crowd_jobs[1].id).state, JOB_CANCELLED);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM job_item"), settled);
    fprintf(stderr, "a crowd: %ld results, %ld deadlocks\n", (long)settled, (long)deadlocks);
    /* What forgetful workers left is done by one that is not. */
    sql_run(db, "UPDATE work SET run_at = UTC_TIMESTAMP(6)");
    sweep_all(db, &janitor_patient);
    size_t given;
    do {
        bag.count = 0;
        given = work_lease(db, worker_a, 60000, 400, &bag);
        given += list_feed(db, &crowd_jobs[0], worker_a, 60000, 400, &bag);
        for (size_t at = 0, to; at < bag.count; at = to) {
            to = same_lease(&bag, at);
            cr_assert_eq(bag_settle(db, &bag, at, to - at, worker_a, STATUS_GOOD).settled, to - at);
        }
    } while (given > 0);
    struct job now = list_find(db, crowd_jobs[0].id);
    cr_assert(now.done == now.total &&
              now.state == (list_close(db, &now) ? JOB_RUNNING : JOB_COMPLETED));
    int64_t paid = number_of(db, "SELECT COUNT(*) FROM job_item WHERE charged = 1");
    EXPECT_BALANCE(db, "a", 100000 - paid, 0, paid);
    db_free(&db);
}
