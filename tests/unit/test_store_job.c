/* test_store_job.c - lists as their owners see them: loaded, started, cancelled, deleted, read. */
#include "job_fixture.h"

Test(store_job, loading)
{
    static const uint32_t sizes[] = {1, 2, 1024, 1025, 2500};
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 100);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct job made = list_load(db, purse, sizes[i], true), job = list_find(db, made.id);
        cr_assert_eq(job.state, JOB_READY);
        cr_assert(job.rows == made.rows && job.addresses == made.addresses &&
                      job.uniques == made.uniques && job.column == 2 && job.header &&
                      job.delimiter == ',' && job.run == 0 && job.age_us >= 0,
                  "%u rows", sizes[i]);
        cr_assert_str_eq(job.filename, "list.csv");
        cr_assert_str_eq(job.encoding, "utf-8");
        cr_assert_str_eq(job.column_name, "mail");
        cr_assert_str_eq(job.dialect, "cascade");
        cr_assert_eq(strlen(job.created), 20);
        cr_assert_str_eq(job.started, "");
        fixture_books_clean(db, "loaded");
    }
    db_free(&db);
}

Test(store_job, chunks)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 100);
    struct job job = list_begin(db, purse), seen;
    bool found = true;
    cr_assert_eq(store_job_create(db, &job), DB_OK, "again");
    cr_assert_eq(list_rows(db, job.id, 1, 10, true), DB_OK);
    cr_assert_eq(list_rows(db, job.id, 1, 10, true), DB_OK, "it had landed");
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM job_row"), 10);
    cr_assert_eq(list_rows(db, job.id, 1, 9, true), DB_REFUSED, "another chunk");
    cr_assert_eq(list_rows(db, job.id, 12, 3, true), DB_REFUSED, "a gap");
    cr_assert_eq(list_rows(db, job.id, 10, 3, true), DB_REFUSED, "an overlap");
    cr_assert_eq(store_job_find(db, purse, job.id, &seen, &found), DB_OK);
    cr_assert_not(found, "it is loading");
    fixture_books_clean(db, "loading");
    list_count(&job, 11, true);
    cr_assert_eq(store_job_loaded(db, &job, "h", 1), DB_REFUSED, "a row is missing");
    list_count(&job, 10, true);
    cr_assert_eq(store_job_loaded(db, &job, "h", 1), DB_OK);
    cr_assert_eq(store_job_loaded(db, &job, "h", 1), DB_OK, "twice");
    cr_assert_eq(list_rows(db, job.id, 11, 1, true), DB_REFUSED, "it is loaded");
    cr_assert_eq(store_job_abandon(db, job.id), DB_OK);
    cr_assert_eq(list_find(db, job.id).state, JOB_READY, "only what is loading is abandoned");
    struct job left = list_begin(db, purse);
    cr_assert_eq(list_rows(db, left.id, 1, 10, true), DB_OK);
    cr_assert_eq(store_job_abandon(db, left.id), DB_OK);
    cr_assert_eq(list_rows(db, left.id, 11, 1, true), DB_REFUSED);
    list_count(&left, 10, true);
    cr_assert_eq(store_job_loaded(db, &left, NULL, 0), DB_REFUSED);
    sweep_all(db, &janitor_patient);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM job_row"), 10);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM job"), 1);
    db_free(&db);
}

/* A chunk of wide rows is more than the server takes in one statement. */
Test(store_job, wide_rows)
{
    enum { ROWS = 256, WIDE = 100 * 1000 };
    struct db *db = fixture_open();
    struct job job = list_begin(db, fixture_purse(db, "a", 100));
    static struct job_row rows[ROWS];
    char *cells = x_malloc(WIDE);
    memset(cells, 'x', WIDE);
    for (uint32_t i = 0; i < ROWS; i++)
        rows[i] = (struct job_row){i + 1, 0, i + 1, "a@b.c", 5, cells, WIDE};
    cr_assert_eq(store_job_add_rows(db, job.id, 0, rows, ROWS), DB_OK, "%s", db_why(db));
    cr_assert_eq(number_of(db, "SELECT SUM(LENGTH(cells)) FROM job_row"), (int64_t)ROWS * WIDE);
    free(cells);
    fixture_books_clean(db, "wide");
    db_free(&db);
}

struct seen {
    struct job jobs[16];
    size_t count, stop;
};

static bool job_seen(const struct job *job, void *arg)
{
    struct seen *seen = arg;
    seen->jobs[seen->count++] = *job;
    return seen->count != seen->stop;
}

Test(store_job, looking)
{
    struct db *db = fixture_open();
    uint64_t a = fixture_purse(db, "a", 100), b = fixture_purse(db, "b", 100);
    struct job made[5];
    for (size_t i = 0; i < COUNT_OF(made); i++)
        made[i] = list_load(db, i == 2 ? b : a, 3, false);
    list_begin(db, a);
    cr_assert_eq(list_delete(db, &made[0]), JOB_DONE);
    static const struct {
        const char *label;
        int purse; /* 0 all, 1 a, 2 b */
        int64_t offset, limit, count;
        size_t stop, got, which[4];
    } rows[] = {
        {"a's", 1, 0, 10, 3, 0, 3, {4, 3, 1}},    {"b's", 2, 0, 10, 1, 0, 1, {2}},
        {"all", 0, 0, 10, 4, 0, 4, {4, 3, 2, 1}}, {"second page", 1, 2, 2, 3, 0, 1, {1}},
        {"first page", 1, 0, 2, 3, 0, 2, {4, 3}}, {"behind", 1, 3, 2, 3, 0, 0, {0}},
        {"stopped", 0, 0, 10, 4, 1, 1, {4}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t purse = rows[i].purse == 0 ? 0 : rows[i].purse == 1 ? a : b;
        struct seen seen = {.stop = rows[i].stop};
        int64_t count = -1;
        cr_assert_eq(store_job_list(db, purse, rows[i].offset, rows[i].limit, job_seen, &seen),
                     DB_OK);
        cr_assert_eq(seen.count, rows[i].got, "%s: %zu", rows[i].label, seen.count);
        for (size_t j = 0; j < seen.count; j++)
            cr_assert_arr_eq(seen.jobs[j].id, made[rows[i].which[j]].id, STORE_ID_LEN, "%s %zu",
                             rows[i].label, j);
        cr_assert_eq(store_job_count(db, purse, &count), DB_OK);
        cr_assert_eq(count, rows[i].count, "%s", rows[i].label);
    }
    struct job job;
    bool found;
    enum job_outcome outcome[3];
    cr_assert_eq(store_job_find(db, b, made[1].id, &job, &found), DB_OK);
    cr_assert_not(found, "a foreign one");
    store_job_start(db, b, made[1].id, &job_ops, -1, &outcome[0]);
    store_job_cancel(db, b, made[1].id, &job_ops, &outcome[1]);
    store_job_delete(db, b, made[1].id, &job_ops, &outcome[2]);
    for (size_t i = 0; i < COUNT_OF(outcome); i++)
        cr_assert_eq(outcome[i], JOB_NOT_FOUND, "%zu", i);
    cr_assert_eq(store_job_find(db, a, made[1].id, &job, &found), DB_OK);
    cr_assert(found && job.state == JOB_READY);
    cr_assert_eq(store_job_find(db, a, made[0].id, &job, &found), DB_OK);
    cr_assert_not(found, "a deleted one");
    fixture_books_clean(db, "looked");
    db_free(&db);
}

Test(store_job, start)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 30);
    struct job job = list_load(db, purse, 30, false), more = list_load(db, purse, 31, false);
    cr_assert_eq(list_start(db, &more, -1), JOB_NO_CREDIT);
    cr_assert_eq(list_find(db, more.id).state, JOB_READY);
    EXPECT_BALANCE(db, "a", 30, 0, 0);
    cr_assert_eq(list_start(db, &job, STATUS_UNKNOWN), JOB_WRONG_STATE);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    EXPECT_BALANCE(db, "a", 0, 30, 0);
    cr_assert_eq(list_start(db, &job, -1), JOB_NOTHING, "twice");
    struct job now = list_find(db, job.id);
    cr_assert(now.state == JOB_RUNNING && now.run == 1 && now.total == 30 && now.price == 1 &&
              now.fed == 0 && now.done == 0 && strlen(now.started) == 20);
    list_settle(db, &job, 30, STATUS_GOOD);
    cr_assert(list_close(db, &job));
    cr_assert_eq(list_start(db, &job, -1), JOB_NOTHING, "it is done");
    cr_assert_eq(list_start(db, &job, STATUS_UNKNOWN), JOB_NOTHING, "nothing is unknown");
    EXPECT_BALANCE(db, "a", 0, 0, 30);
    struct job loading = list_begin(db, purse);
    cr_assert_eq(list_start(db, &loading, -1), JOB_NOT_FOUND);
    cr_assert_eq(list_cancel(db, &loading), JOB_NOT_FOUND);
    cr_assert_eq(list_cancel(db, &more), JOB_DONE);
    cr_assert_eq(list_start(db, &more, -1), JOB_WRONG_STATE);
    cr_assert_eq(list_delete(db, &more), JOB_DONE);
    cr_assert_eq(list_start(db, &more, -1), JOB_NOT_FOUND);
    fixture_books_clean(db, "started");
    db_free(&db);
}

Test(store_job, nothing_to_ask)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 25);
    struct job job = list_begin(db, purse);
    struct job_row row = {.n = 1, .cells = "no,address", .cells_len = 10};
    cr_assert_eq(store_job_add_rows(db, job.id, 0, &row, 1), DB_OK);
    job.rows = 1;
    cr_assert_eq(store_job_loaded(db, &job, NULL, 0), DB_OK);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    struct job now = list_find(db, job.id);
    cr_assert(now.state == JOB_COMPLETED && now.total == 0 && strlen(now.finished) == 20);
    cr_assert_eq(list_start(db, &job, -1), JOB_NOTHING);
    cr_assert_eq(list_start(db, &job, STATUS_UNKNOWN), JOB_NOTHING);
    cr_assert_eq(list_cancel(db, &job), JOB_NOTHING);
    EXPECT_BALANCE(db, "a", 25, 0, 0);
    db_free(&db);
}

Test(store_job, a_dearer_dialect)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 59);
    struct job job = list_load(db, purse, 20, false);
    enum job_outcome outcome;
    cr_assert_eq(store_job_start(db, purse, job.id, &job_ops_dear, -1, &outcome), DB_OK);
    cr_assert_eq(outcome, JOB_NO_CREDIT, "one too few");
    EXPECT_BALANCE(db, "a", 59, 0, 0);
    cr_assert_eq(account_grant(db, "a", "cascade", 1, NULL), ACCOUNT_OK);
    cr_assert_eq(store_job_start(db, purse, job.id, &job_ops_dear, -1, &outcome), DB_OK);
    cr_assert_eq(outcome, JOB_DONE);
    EXPECT_BALANCE(db, "a", 0, 60, 0);
    list_settle(db, &job, 7, STATUS_GOOD);
    list_settle(db, &job, 2, STATUS_FREE);
    EXPECT_BALANCE(db, "a", 6, 33, 21);
    cr_assert_eq(list_cancel(db, &job), JOB_DONE);
    EXPECT_BALANCE(db, "a", 39, 0, 21);
    db_free(&db);
}

static void expect_counts(struct db *db, const struct job *job, int64_t good, int64_t bad,
                          int64_t unknown, const char *label)
{
    struct job now = list_find(db, job->id);
    cr_assert(now.counts[STATUS_GOOD] == good && now.counts[STATUS_BAD] == bad &&
                  now.counts[STATUS_UNKNOWN] == unknown,
              "%s: good %ld bad %ld unknown %ld", label, (long)now.counts[STATUS_GOOD],
              (long)now.counts[STATUS_BAD], (long)now.counts[STATUS_UNKNOWN]);
    cr_assert_eq(job_processed(&now), good + bad + unknown);
    fixture_books_clean(db, label);
}

static bool status_seen(const struct job_result *result, void *arg)
{
    int *statuses = arg;
    statuses[result->n] = result->settled ? result->status : -1;
    return true;
}

static void expect_statuses(struct db *db, const struct job *job, const char *want)
{
    int got[64] = {0};
    struct job now = list_find(db, job->id);
    cr_assert_eq(store_job_results(db, &now, 0, 60, false, status_seen, got), DB_OK, "%s",
                 db_why(db));
    for (size_t i = 0; want[i] != '\0'; i++)
        cr_assert_eq(got[i + 1], want[i] == '-' ? -1 : want[i] - '0', "%s: row %zu is %d", want,
                     i + 1, got[i + 1]);
}

Test(store_job, unknown_again)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 100);
    static struct bag bag;
    struct job job = list_completed(db, purse, 9, 5); /* 3 6 9 1 are good */
    expect_counts(db, &job, 4, 0, 5, "first run");
    expect_statuses(db, &job, "040440440");
    EXPECT_BALANCE(db, "a", 91, 0, 9);
    cr_assert_eq(list_start(db, &job, STATUS_UNKNOWN), JOB_DONE);
    cr_assert_eq(list_start(db, &job, STATUS_UNKNOWN), JOB_NOTHING);
    expect_counts(db, &job, 4, 0, 0, "second run begins");
    EXPECT_BALANCE(db, "a", 86, 5, 9);
    cr_assert_eq(list_feed(db, &job, worker_a, 60000, 100, &bag), 5);
    static const uint32_t again[] = {2, 4, 5, 7, 8};
    cr_assert_arr_eq(bag.n, again, sizeof(again), "only unknown ones, in order");
    cr_assert_not(bag.bad_address);
    cr_assert_eq(bag_settle(db, &bag, 0, 2, worker_a, STATUS_BAD).settled, 2);
    expect_counts(db, &job, 4, 2, 0, "second run");
    cr_assert_eq(bag_settle(db, &bag, 2, 3, worker_a, STATUS_UNKNOWN).settled, 3);
    cr_assert(list_close(db, &job));
    expect_counts(db, &job, 4, 2, 3, "second run ends");
    expect_statuses(db, &job, "010140440");
    cr_assert_eq(list_start(db, &job, STATUS_UNKNOWN), JOB_DONE);
    bag.count = 0;
    cr_assert_eq(list_feed(db, &job, worker_a, 60000, 2, &bag), 2);
    static const uint32_t third[] = {5, 7};
    cr_assert_arr_eq(bag.n, third, sizeof(third));
    cr_assert_eq(bag_settle(db, &bag, 1, 1, worker_a, STATUS_BAD).settled, 1);
    expect_counts(db, &job, 4, 3, 0, "third run");
    cr_assert_eq(list_cancel(db, &job), JOB_DONE);
    expect_counts(db, &job, 4, 3, 2, "what was not asked again counts as before");
    expect_statuses(db, &job, "010140140");
    EXPECT_BALANCE(db, "a", 85, 0, 15);
    cr_assert_eq(list_start(db, &job, STATUS_UNKNOWN), JOB_WRONG_STATE);
    sweep_all(db, &janitor_patient);
    db_free(&db);
}

Test(store_job, cancel)
{
    static const struct {
        const char *label;
        int state; /* -1: ready */
        size_t fed, settled;
        enum job_outcome outcome;
    } rows[] = {
        {"ready", -1, 0, 0, JOB_DONE},         {"nothing fed", 0, 0, 0, JOB_DONE},
        {"some fed", 0, 4, 0, JOB_DONE},       {"some settled", 0, 6, 4, JOB_DONE},
        {"all but one", 0, 10, 9, JOB_DONE},   {"all, not closed", 0, 10, 10, JOB_DONE},
        {"completed", 1, 10, 10, JOB_NOTHING},
    };
    struct db *db = fixture_open();
    static struct bag bag;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char name[16];
        snprintf(name, sizeof(name), "a%zu", i);
        struct job job = list_load(db, fixture_purse(db, name, 100), 10, false);
        if (rows[i].state >= 0)
            cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
        list_settle(db, &job, rows[i].settled, STATUS_GOOD);
        bag.count = 0;
        if (rows[i].fed > rows[i].settled)
            list_feed(db, &job, worker_a, 60000, rows[i].fed - rows[i].settled, &bag);
        if (rows[i].state == 1)
            cr_assert(list_close(db, &job));
        cr_assert_eq(list_cancel(db, &job), rows[i].outcome, "%s", rows[i].label);
        cr_assert_eq(list_cancel(db, &job), JOB_NOTHING, "%s, twice", rows[i].label);
        int64_t spent = (int64_t)rows[i].settled;
        EXPECT_BALANCE(db, name, 100 - spent, 0, spent);
        struct job now = list_find(db, job.id);
        cr_assert_eq(now.state, rows[i].state == 1 ? JOB_COMPLETED : JOB_CANCELLED);
        cr_assert_eq(strlen(now.finished), 20);
        if (bag.count > 0)
            cr_assert_eq(bag_settle(db, &bag, 0, bag.count, worker_a, 0).settled, 0, "%s",
                         rows[i].label);
        cr_assert_not(list_close(db, &job));
        EXPECT_BALANCE(db, name, 100 - spent, 0, spent);
        sweep_all(db, &janitor_patient);
        cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM work"), 0, "%s", rows[i].label);
        cr_assert_eq(list_find(db, job.id).rows, 10);
    }
    db_free(&db);
}

static int64_t left_of(struct db *db)
{
    return number_of(db, "SELECT (SELECT COUNT(*) FROM job) + (SELECT COUNT(*) FROM job_row)"
                         " + (SELECT COUNT(*) FROM job_run) + (SELECT COUNT(*) FROM job_header)"
                         " + (SELECT COUNT(*) FROM work)");
}

/* In every state; 2500 rows take several steps, and several runs lose their facts one by one. */
Test(store_job, delete_and_sweep)
{
    struct db *db = fixture_open();
    fixture_hurry(db);
    uint64_t purse = fixture_purse(db, "a", 20000);
    struct job lists[] = {list_begin(db, purse),
                          list_load(db, purse, 2500, true),
                          list_load(db, purse, 2500, false),
                          list_completed(db, purse, 2500, 2100),
                          list_load(db, purse, 10, false),
                          list_completed(db, purse, 10, 0)};
    static struct bag bag;
    cr_assert_eq(list_rows(db, lists[0].id, 1, 100, true), DB_OK);
    cr_assert_eq(list_start(db, &lists[2], -1), JOB_DONE);
    list_settle(db, &lists[2], 100, STATUS_GOOD);
    list_feed(db, &lists[2], worker_a, 60000, 2300, &bag);
    cr_assert_eq(list_start(db, &lists[3], STATUS_UNKNOWN), JOB_DONE);
    list_settle(db, &lists[3], 2100, STATUS_UNKNOWN);
    cr_assert(list_close(db, &lists[3]));
    cr_assert_eq(list_start(db, &lists[3], STATUS_UNKNOWN), JOB_DONE);
    list_settle(db, &lists[3], 50, STATUS_BAD);
    cr_assert_eq(list_start(db, &lists[4], -1), JOB_DONE);
    list_settle(db, &lists[4], 3, STATUS_BAD);
    cr_assert_eq(list_cancel(db, &lists[4]), JOB_DONE);
    fixture_books_clean(db, "before");
    int64_t spent = 100 + 2500 + 2100 + 50 + 3 + 10;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        cr_assert_eq(list_delete(db, &lists[i]), JOB_DONE, "list %zu", i);
        cr_assert_eq(list_delete(db, &lists[i]), JOB_NOT_FOUND, "list %zu", i);
        cr_assert_eq(list_cancel(db, &lists[i]), JOB_NOT_FOUND, "list %zu", i);
    }
    EXPECT_BALANCE(db, "a", 20000 - spent, 0, spent);
    int64_t lines = number_of(db, "SELECT COUNT(*) FROM ledger");
    cr_assert_gt(sweep_all(db, &janitor_patient), 3);
    cr_assert_eq(left_of(db), 0);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM job_item WHERE facts IS NOT NULL"), 0);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM job_item"), spent);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM ledger"), lines);
    EXPECT_BALANCE(db, "a", 20000 - spent, 0, spent);
    db_free(&db);
}

static bool janitor_done;

/* Another janitor does the same step at the moment this one is about to. */
static unsigned second_janitor(const char *sql, bool after, void *arg)
{
    if (after || janitor_done || strstr(sql, " SET feed_turn = feed_turn") == NULL)
        return 0;
    janitor_done = true;
    int64_t did = 0;
    struct db *db = db_new(&database_settings);
    enum db_status status = store_job_sweep(db, &janitor_patient, job_dialects, &did);
    db_free(&db);
    *(enum db_status *)arg = status;
    return 0;
}

Test(store_job, two_janitors)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 100);
    struct job job = list_completed(db, purse, 9, 5);
    cr_assert_eq(list_start(db, &job, STATUS_UNKNOWN), JOB_DONE);
    list_settle(db, &job, 5, STATUS_BAD);
    cr_assert(list_close(db, &job));
    cr_assert_eq(list_delete(db, &job), JOB_DONE);
    int64_t did = 0;
    enum db_status other = DB_BROKEN;
    cr_assert_eq(store_job_sweep(db, &janitor_patient, job_dialects, &did), DB_OK); /* the rows */
    db_test_fault(second_janitor, &other);
    enum db_status status = store_job_sweep(db, &janitor_patient, job_dialects, &did);
    db_test_fault(NULL, NULL);
    cr_assert(status == DB_OK && other == DB_OK && janitor_done, "%s", db_why(db));
    sweep_all(db, &janitor_patient);
    cr_assert_eq(left_of(db), 0);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM job_item WHERE facts IS NOT NULL"), 0);
    db_free(&db);
}

Test(store_job, time_passes)
{
    static const struct {
        const char *label;
        struct janitor_settings settings;
        int64_t states[JOB_STATE_COUNT]; /* how many lists are left in each */
    } rows[] = {
        {"nothing is due", {1000000000, 1000000000, 1000000000}, {1, 1, 1, 1, 1, 0, 0}},
        {"uploads", {1000000000, 20, 1000000000}, {0, 1, 1, 1, 1, 0, 0}},
        {"stuck", {1000000000, 1000000000, 20}, {0, 1, 0, 1, 1, 1, 0}},
        {"kept too long", {20, 1000000000, 1000000000}, {0, 0, 0, 0, 0, 0, 0}},
    };
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 100);
    struct job loading = list_begin(db, purse), run = list_load(db, purse, 10, false);
    cr_assert_eq(list_rows(db, loading.id, 1, 10, true), DB_OK);
    struct job ready = list_load(db, purse, 10, true), cancelled = list_load(db, purse, 3, false);
    cr_assert_eq(list_cancel(db, &cancelled), JOB_DONE);
    list_completed(db, purse, 10, 1);
    cr_assert_eq(list_start(db, &run, -1), JOB_DONE);
    list_settle(db, &run, 4, STATUS_GOOD);
    static struct bag bag;
    list_feed(db, &run, worker_a, 60000, 4, &bag);
    usleep(30 * 1000);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        usleep(30 * 1000);
        sweep_all(db, &rows[i].settings);
        for (int state = 0; state < JOB_STATE_COUNT; state++) {
            char sql[80];
            snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM job WHERE state = %d", state);
            cr_assert_eq(number_of(db, sql), rows[i].states[state], "%s: state %d: %ld",
                         rows[i].label, state, (long)number_of(db, sql));
        }
    }
    cr_assert_eq(bag_settle(db, &bag, 0, 4, worker_a, 0).settled, 0);
    cr_assert_eq(left_of(db), 0);
    cr_assert_eq(ready.rows, 10);
    EXPECT_BALANCE(db, "a", 86, 0, 14);
    db_free(&db);
}

/* What was worked on since a janitor looked is not stuck. */
static unsigned late_worker(const char *sql, bool after, void *arg)
{
    if (!after || strstr(sql, "state = 2 AND touched <") == NULL)
        return 0;
    struct db *db = db_new(&database_settings);
    db_test_fault(NULL, NULL);
    db_exec(db, "UPDATE job SET touched = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR", NULL, 0, arg);
    db_free(&db);
    return 0;
}

Test(store_job, not_stuck_after_all)
{
    struct db *db = fixture_open();
    struct job run = list_load(db, fixture_purse(db, "a", 100), 10, false);
    cr_assert_eq(list_start(db, &run, -1), JOB_DONE);
    usleep(30 * 1000);
    int64_t did = 0;
    uint64_t touched = 0;
    db_test_fault(late_worker, &touched);
    cr_assert_eq(
        store_job_sweep(db, &(struct janitor_settings){1000000, 1000000, 20}, job_dialects, &did),
        DB_OK, "%s", db_why(db));
    cr_assert_eq(touched, 1);
    cr_assert_eq(list_find(db, run.id).state, JOB_RUNNING);
    EXPECT_BALANCE(db, "a", 90, 10, 0);
    db_free(&db);
}

Test(store_job, close)
{
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 100), 10, true);
    cr_assert_not(list_close(db, &job), "not started");
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    list_settle(db, &job, (size_t)job.uniques - 1, STATUS_GOOD);
    cr_assert_not(list_close(db, &job), "too early");
    list_settle(db, &job, 1, STATUS_FREE);
    cr_assert(list_close(db, &job));
    cr_assert_not(list_close(db, &job), "twice");
    EXPECT_BALANCE(db, "a", 100 - (job.uniques - 1), 0, job.uniques - 1);
    db_free(&db);
}

Test(store_job, header)
{
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 100), 1, false), bare;
    struct strbuf text = {0};
    cr_assert_eq(store_job_header(db, job.id, &text), DB_OK);
    cr_assert_str_eq(strbuf_text(&text), "name,mail");
    strbuf_clear(&text);
    bare = list_begin(db, job.purse_id);
    cr_assert_eq(store_job_loaded(db, &bare, NULL, 0), DB_OK);
    cr_assert_eq(store_job_header(db, bare.id, &text), DB_OK);
    cr_assert_str_eq(strbuf_text(&text), "");
    strbuf_free(&text);
    fixture_books_clean(db, "headers");
    db_free(&db);
}

struct pages {
    uint32_t n;      /* the last one */
    int wrong, seen; /* rows that are not as they should be */
    bool settled, cells;
};

static bool result_seen(const struct job_result *r, void *arg)
{
    struct pages *pages = arg;
    char address[32];
    size_t len = (size_t)row_address(r->first, address);
    bool right = r->n == ++pages->n && r->first == row_first(r->n, true);
    if (pages->cells)
        right &= r->cells_len == 5 && memcmp(r->cells, "a,\"b\"", 5) == 0;
    else
        right &= r->cells == NULL;
    if (r->first != 0)
        right &= r->address_len == len && memcmp(r->address, address, len) == 0;
    right &= r->settled == (r->first != 0 && pages->settled);
    if (r->settled)
        right &= r->verdict == 1 && r->reason == 2 && r->score == -1 && r->facts_len == 5 &&
                 memcmp(r->facts, "facts", 5) == 0;
    pages->wrong += !right;
    pages->seen++;
    return true;
}

static void read_pages(struct db *db, const struct job *job, size_t limit, bool settled, bool cells)
{
    struct job now = list_find(db, job->id);
    struct pages pages = {.settled = settled, .cells = cells};
    int before;
    do {
        before = pages.seen;
        cr_assert_eq(store_job_results(db, &now, pages.n, limit, cells, result_seen, &pages),
                     DB_OK);
        cr_assert_leq(pages.seen - before, (int)limit);
    } while (pages.seen > before);
    cr_assert(pages.seen == now.rows && pages.wrong == 0, "%d rows, %d wrong (page %zu)",
              pages.seen, pages.wrong, limit);
}

static void read_all(struct db *db, const struct job *job, size_t limit, bool settled)
{
    read_pages(db, job, limit, settled, true);
    read_pages(db, job, limit, settled, false);
}

/* Rows of a list whose cells are of these sizes. */
static struct job list_of_sizes(struct db *db, uint64_t purse, const size_t *sizes, size_t count)
{
    struct job job = list_begin(db, purse);
    struct job_row rows[16] = {0};
    char *cells = x_malloc(131072);
    memset(cells, 'x', 131072);
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct job_row){
            .n = (uint32_t)i + 1, .cells = sizes[i] > 0 ? cells : NULL, .cells_len = sizes[i]};
    cr_assert_eq(store_job_add_rows(db, job.id, 0, rows, count), DB_OK, "%s", db_why(db));
    free(cells);
    return job;
}

Test(store_job, how_many_rows_fit)
{
    static const size_t sizes[] = {10, 0, 20, 131072, 5, 131072, 131072};
    static const struct {
        uint32_t after;
        size_t limit, bytes, rows;
    } fits[] = {{0, 500, 1 << 20, 7}, {0, 2, 1 << 20, 2},  {0, 500, 30, 3}, {0, 500, 29, 2},
                {0, 500, 0, 1},       {3, 500, 131077, 2}, {3, 500, 1, 1},  {4, 500, 131076, 1},
                {5, 500, 262144, 2},  {5, 500, 262143, 1}, {6, 500, 1, 1},  {7, 500, 1 << 20, 0}};
    struct db *db = fixture_open();
    struct job job = list_of_sizes(db, fixture_purse(db, "a", 10), sizes, COUNT_OF(sizes));
    for (size_t i = 0; i < COUNT_OF(fits); i++) {
        size_t rows = 99;
        cr_assert_eq(store_job_fit(db, &job, fits[i].after, fits[i].limit, fits[i].bytes, &rows),
                     DB_OK);
        cr_expect_eq(rows, fits[i].rows, "after %u, %zu bytes: %zu", fits[i].after, fits[i].bytes,
                     rows);
    }
    db_free(&db);
}

Test(store_job, results)
{
    struct db *db = fixture_open();
    struct job job = list_load(db, fixture_purse(db, "a", 5000), 1203, true);
    read_all(db, &job, 500, false);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    read_all(db, &job, 500, false);
    list_settle(db, &job, (size_t)job.uniques, STATUS_UNKNOWN);
    cr_assert(list_close(db, &job));
    read_all(db, &job, 500, true);
    read_all(db, &job, 7, true);
    for (int run = 2; run <= 3; run++) {
        cr_assert_eq(list_start(db, &job, STATUS_UNKNOWN), JOB_DONE);
        list_settle(db, &job, (size_t)(run == 2 ? job.uniques : 100), STATUS_UNKNOWN);
        cr_assert_eq(list_close(db, &job), run == 2);
        read_all(db, &job, 500, true);
    }
    fixture_books_clean(db, "results");
    db_free(&db);
}
