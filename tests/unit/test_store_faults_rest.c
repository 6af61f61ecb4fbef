/* test_store_faults_rest.c - janitors and webhooks under misfortune: every error at every
 * statement, and answers to COMMIT that are lost. */
#include "fault_stage.h"

static void sweep_until(struct db *db, const struct janitor_settings *settings)
{
    int64_t did = 1;
    enum db_status status = DB_OK;
    for (int i = 0; i < 300 && did > 0 && status == DB_OK; i++)
        status = store_job_sweep(db, settings, job_dialects, &did);
    said(db, status, "sweep");
    cr_assert_eq(did, 0);
}

/* All that is not running is too old. */
static void sweep_old(struct db *db)
{
    static const struct janitor_settings settings = {0, 0, 1000000000};
    sweep_until(db, &settings);
    cr_assert_eq(of_job(db, "SELECT COUNT(*) FROM job WHERE id = ?"), 0);
    cr_assert_eq(of_job(db, "SELECT COUNT(*) FROM job_row WHERE job_id = ?"), 0);
    cr_assert_eq(of_job(db, "SELECT COUNT(*) FROM job_run WHERE job_id = ?"), 0);
    cr_assert_eq(of_job(db, "SELECT COUNT(*) FROM job_header WHERE job_id = ?"), 0);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM job_item WHERE facts IS NOT NULL"), 0);
}

static void sweep_stuck(struct db *db)
{
    static const struct janitor_settings settings = {1000000000, 1000000000, 0};
    sweep_until(db, &settings);
    cr_assert_eq(list_find(db, stage.job.id).state, JOB_FAILED);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM work"), 0);
}

static void webhook_set(struct db *db)
{
    char url[WEBHOOK_URL_MAX + 1], secret[WEBHOOK_SECRET_MAX + 1];
    bool found;
    said(db, store_webhook_set(db, stage.purse, "https://b.example/", "k"), "set");
    cr_assert_eq(store_webhook_find(db, stage.purse, url, secret, &found), DB_OK);
    cr_assert(found);
}

static void webhook_remove(struct db *db)
{
    char url[WEBHOOK_URL_MAX + 1], secret[WEBHOOK_SECRET_MAX + 1];
    bool found;
    said(db, store_webhook_set(db, stage.purse, NULL, NULL), "remove");
    cr_assert_eq(store_webhook_find(db, stage.purse, url, secret, &found), DB_OK);
    cr_assert_not(found);
}

static void webhook_lease(struct db *db)
{
    bool found = false;
    said(db, store_webhook_lease(db, worker_a, 60000, NULL, ignore_event, &stage.event, &found),
         "lease an event");
    cr_assert(found || stage.lost_commit);
    cr_assert_eq(number_of(db, "SELECT epoch FROM webhook_event WHERE name = 'x'"), 1);
    cr_assert_eq(number_of(db, "SELECT tries FROM webhook_event WHERE name = 'x'"), 1);
}

static void end_event(struct db *db, enum webhook_end end)
{
    bool mine = false;
    said(db,
         store_webhook_end(db, stage.event.id, worker_a, stage.event.epoch, end, 60000, 200, "why",
                           &mine),
         "end an event");
    cr_assert(mine);
    cr_assert_eq(number_of(db, "SELECT state FROM webhook_event WHERE name = 'x'"), (int)end);
}

static void webhook_delivered(struct db *db)
{
    end_event(db, WEBHOOK_DELIVERED);
}

static void webhook_later(struct db *db)
{
    end_event(db, WEBHOOK_LATER);
}

static const struct story stories[] = {
    {"set a webhook", nothing, webhook_set, 0, 0, 0, 3, false},
    {"remove a webhook", webhook_set, webhook_remove, 0, 0, 0, 3, false},
    {"lease an event", event_due, webhook_lease, 0, 0, 0, 3, false},
    {"deliver an event", event_leased, webhook_delivered, 0, 0, 0, 3, false},
    {"an event later", event_leased, webhook_later, 0, 0, 0, 3, false},
    {"sweep old lists", again_completed, sweep_old, 0, 0, 0, 4, false},
    {"sweep a stuck run", half_done, sweep_stuck, 3, -3, 0, 5, false},
};

PART(store_faults_rest, telling, 3, 1)
PART(store_faults_rest, sweeping, 4, 7)
PART(store_faults_rest, stuck, 5, 7)

Test(store_faults_rest, commit_lost)
{
    lost_commits(stories, COUNT_OF(stories));
}
