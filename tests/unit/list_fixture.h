#ifndef TESTS_LIST_FIXTURE_H
#define TESTS_LIST_FIXTURE_H

/* Lists in the private MariaDB of db_fixture.h: uploaded, started, looked at. */
#include "db_fixture.h"

#include "base/strbuf.h"
#include "dialect/cascade.h"
#include "jobs/upload.h"
#include "store/store_work.h"

static const struct dialect_ops *const list_dialects[] = {&cascade_ops, NULL};

/* A database with an account that has so many credits; its books are proved at the end. */
struct shop {
    struct db *db;
    struct db_pool *pool;
    uint64_t purse;
};

static inline void shop_open(struct shop *shop, int64_t credits)
{
    shop->db = fixture_open();
    shop->pool = db_pool_new(&database_settings);
    shop->purse = fixture_purse(shop->db, "shop", credits);
}

static inline void shop_close(struct shop *shop)
{
    fixture_books_clean(shop->db, "at the end");
    db_pool_free(&shop->pool);
    db_free(&shop->db);
    log_close();
}

/* The one number that a query gives; -1: none. */
static inline int64_t list_number(struct db *db, const char *sql)
{
    int64_t number = -1;
    cr_assert_eq(db_query(db, sql, NULL, 0, db_take_int, &number), DB_OK, "%s: %s", sql,
                 db_why(db));
    return number;
}

static inline void list_sql(struct db *db, const char *sql)
{
    cr_assert_eq(db_exec(db, sql, NULL, 0, NULL), DB_OK, "%s: %s", sql, db_why(db));
}

/* Uploaded and ready to be started. */
static inline struct job list_upload(struct db_pool *pool, uint64_t purse_id, const char *text,
                                     size_t len)
{
    struct job job;
    struct upload *upload = upload_new(pool, purse_id, "cascade", "list.csv", 1000000);
    cr_assert(upload_feed(upload, text, len), "%s", upload_why(upload));
    cr_assert_eq(upload_finish(upload, &job), UPLOAD_OK, "%s", upload_why(upload));
    upload_free(&upload);
    return job;
}

static inline void list_start(struct db *db, const struct job *job, int unknown)
{
    enum job_outcome outcome;
    cr_assert_eq(store_job_start(db, job->purse_id, job->id, &cascade_ops, unknown, &outcome),
                 DB_OK, "%s", db_why(db));
    cr_assert_eq(outcome, JOB_DONE, "%d", (int)outcome);
}

/* As it is now; state JOB_DELETED when it is not there. */
static inline struct job list_now(struct db *db, const struct job *job)
{
    struct job now = {.state = JOB_DELETED};
    bool found = false;
    cr_assert_eq(store_job_find(db, 0, job->id, &now, &found), DB_OK, "%s", db_why(db));
    cr_assert_eq(store_job_waiting(db, &now), DB_OK, "%s", db_why(db));
    return now;
}

#endif
