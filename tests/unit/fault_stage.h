#ifndef TESTS_FAULT_STAGE_H
#define TESTS_FAULT_STAGE_H

/* Stories about lists, told once per misfortune: what comes before, what happens while a statement
 * fails or an answer is lost, and what must be true then. */
#include "job_fixture.h"

enum { ROWS = 6, FREE_CREDITS = 100000000 };

/* Makes account "a", whose stories they are. */
#ifndef STAGE_PURSE
#define STAGE_PURSE(db) fixture_purse(db, "a", FREE_CREDITS - 1)
#endif

/* What a story works on, made anew for each fault. */
static struct stage {
    uint64_t purse;
    struct job job;
    struct bag bag;
    struct webhook_event event;
    bool lost_commit; /* an answer to COMMIT was lost */
} stage;

static inline void said(struct db *db, enum db_status status, const char *what)
{
    db_test_fault(NULL, NULL); /* what follows is not part of the story */
    cr_assert_eq(status, DB_OK, "%s: %d %s", what, (int)status, db_why(db));
}

static inline int64_t of_job(struct db *db, const char *sql)
{
    const struct db_param params[] = {DB_BYTES(stage.job.id, STORE_ID_LEN)};
    int64_t number = -1;
    cr_assert_eq(db_query(db, sql, params, 1, db_take_int, &number), DB_OK, "%s", db_why(db));
    return number;
}

/* ---- what comes before ---- */

static inline void nothing(struct db *db)
{
    (void)db;
}

static inline void loading(struct db *db)
{
    stage.job = list_begin(db, stage.purse);
}

static inline void loaded_rows(struct db *db)
{
    loading(db);
    cr_assert_eq(list_rows(db, stage.job.id, 1, ROWS, false), DB_OK);
    list_count(&stage.job, ROWS, false);
}

static inline void ready(struct db *db)
{
    stage.job = list_load(db, stage.purse, ROWS, false);
}

static inline void empty(struct db *db)
{
    loading(db);
    cr_assert_eq(store_job_loaded(db, &stage.job, NULL, 0), DB_OK);
}

static inline void running(struct db *db)
{
    ready(db);
    cr_assert_eq(list_start(db, &stage.job, -1), JOB_DONE);
}

static inline void fed(struct db *db)
{
    running(db);
    cr_assert_eq(list_feed(db, &stage.job, worker_a, 60000, 4, &stage.bag), 4);
}

static inline void half_done(struct db *db)
{
    fed(db);
    cr_assert_eq(bag_settle(db, &stage.bag, 0, 3, worker_a, STATUS_GOOD).settled, 3);
}

static inline void all_fed(struct db *db)
{
    running(db);
    cr_assert_eq(list_feed(db, &stage.job, worker_a, 60000, ROWS, &stage.bag), (size_t)ROWS);
}

static inline void partly_lost(struct db *db)
{
    fed(db);
    struct work_group group = bag_group(&stage.bag, 0, 2, worker_a);
    cr_assert_eq(store_work_return(db, &group, 3600000, true), DB_OK);
}

static inline void queued(struct db *db)
{
    fed(db);
    struct work_group group = bag_group(&stage.bag, 0, 4, worker_a);
    cr_assert_eq(store_work_return(db, &group, 0, true), DB_OK);
    stage.bag.count = 0;
}

static inline void closable(struct db *db)
{
    running(db);
    list_settle(db, &stage.job, ROWS, STATUS_GOOD);
}

static inline void completed(struct db *db)
{
    stage.job = list_completed(db, stage.purse, ROWS, 2);
}

static inline void again(struct db *db)
{
    completed(db);
    cr_assert_eq(list_start(db, &stage.job, STATUS_UNKNOWN), JOB_DONE);
}

static inline void again_half_done(struct db *db)
{
    again(db);
    list_settle(db, &stage.job, 1, STATUS_GOOD);
}

static inline void again_completed(struct db *db)
{
    again(db);
    list_settle(db, &stage.job, 2, STATUS_GOOD);
    cr_assert(list_close(db, &stage.job));
}

static inline void event_due(struct db *db)
{
    sql_run(db, "DELETE FROM webhook_event WHERE name = 'x'");
    stage.event = (struct webhook_event){
        .purse_id = stage.purse, .dialect = "cascade", .name = "x", .body = "{}", .body_len = 2};
    store_id_new(stage.event.id);
    store_id_new(stage.event.ref);
    cr_assert_eq(store_webhook_set(db, stage.purse, "https://a.example/", "k"), DB_OK);
    cr_assert_eq(store_webhook_add(db, &stage.event), DB_OK);
    cr_assert_eq(store_webhook_set(db, stage.purse, NULL, NULL), DB_OK);
}

static inline void ignore_event(const struct webhook_event *event, void *arg)
{
    *(struct webhook_event *)arg = *event;
}

static inline void event_leased(struct db *db)
{
    bool found = false;
    event_due(db);
    cr_assert_eq(store_webhook_lease(db, worker_a, 60000, NULL, ignore_event, &stage.event, &found),
                 DB_OK);
    cr_assert(found);
}

/* ---- stories ---- */

struct story {
    const char *label;
    void (*before)(struct db *db), (*act)(struct db *db);
    int64_t available, held, spent; /* what the account has more afterwards */
    int part;                       /* parts run side by side */
    bool loose;                     /* what an unanswered COMMIT did may be left over */
};

struct misfortune {
    struct fixture_fault fault;
    int commits; /* answers to COMMIT that are lost */
    char label[128];
};

static inline unsigned misfortune_fn(const char *sql, bool after, void *arg)
{
    struct misfortune *m = arg;
    bool commit = strcmp(sql, "COMMIT") == 0;
    if (m->commits > 0 && commit && after) {
        m->commits--;
        stage.lost_commit = true;
        return 2013;
    }
    unsigned error = fixture_fault_fn(sql, after, &m->fault);
    stage.lost_commit |= error != 0 && commit && after;
    return error;
}

static inline void tell(struct db *db, const struct story *story, struct misfortune *m)
{
    stage.bag.count = 0;
    stage.lost_commit = false;
    db_test_fault(NULL, NULL);
    story->before(db);
    struct purse_row was = fixture_balance(db, "a");
    snprintf(m->label, sizeof(m->label), "%s: %u at %d after %d, %d COMMITs lost", story->label,
             m->fault.error, m->fault.at, m->fault.after, m->commits);
    db_test_fault(misfortune_fn, m);
    story->act(db);
    db_test_fault(NULL, NULL);
    struct purse_row is = fixture_balance(db, "a");
    int64_t spent = is.spent - was.spent, held = is.held - was.held;
    bool as_told = is.available - was.available == story->available && held == story->held &&
                   spent == story->spent;
    bool loose = story->loose && stage.lost_commit && held == -spent && spent <= story->spent;
    cr_assert(as_told || loose, "%s: held %ld spent %ld", m->label, (long)held, (long)spent);
}

static inline struct db *stage_open(void)
{
    struct db *db = fixture_open();
    fixture_hurry(db);
    stage.purse = STAGE_PURSE(db);
    fixture_key(db, stage.purse);
    return db;
}

static inline void every_fault(const struct story *stories, size_t count, int part, int stride)
{
    static const unsigned errors[] = {1213, 1205, 1020, 2006, 2013};
    struct db *db = stage_open();
    int injected = 0;
    for (size_t i = 0; i < count; i++) {
        if (stories[i].part != part)
            continue;
        for (size_t j = 0; j < 2 * COUNT_OF(errors); j++)
            for (int at = 1 + (int)j % stride, reached = 1; reached; at += stride) {
                struct misfortune m = {.fault = {errors[j / 2], j % 2 == 1, at, 1, 0}};
                tell(db, &stories[i], &m);
                reached = m.fault.times == 0;
                injected += reached;
            }
        fixture_books_clean(db, stories[i].label);
    }
    cr_assert_geq(injected, 50, "only %d faults were injected", injected);
    fprintf(stderr, "lists, part %d: %d faults injected\n", part, injected);
    db_free(&db);
}

/* Answers to COMMIT that are lost once, twice, three times in a row. */
static inline void lost_commits(const struct story *stories, size_t count)
{
    struct db *db = stage_open();
    size_t lost = 0;
    for (size_t i = 0; i < count; i++) {
        for (int times = 1; times <= 3; times++) {
            struct misfortune m = {.commits = times};
            tell(db, &stories[i], &m);
            lost += stage.lost_commit;
        }
        fixture_books_clean(db, stories[i].label);
    }
    cr_assert_geq(lost, 3 * (count - 1), "one may be refused and never COMMIT");
    db_free(&db);
}

/* A Test each, for they run side by side.  stride: each error comes at every so many statements, in
 * turn, where stories are long. */
#define PART(suite, name, part, stride)                        \
    Test(suite, name)                                          \
    {                                                          \
        every_fault(stories, COUNT_OF(stories), part, stride); \
    }

#endif
