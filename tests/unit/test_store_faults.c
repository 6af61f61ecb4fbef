/* test_store_faults.c - lists begun and ended under misfortune: every error at every statement of
 * every transaction, and answers to COMMIT that are lost. */
#include "fault_stage.h"

static void create(struct db *db)
{
    struct job job = {.purse_id = stage.purse, .dialect = "cascade"};
    store_id_new_uuid(job.id);
    said(db, store_job_create(db, &job), "create");
    stage.job = job;
    cr_assert_eq(of_job(db, "SELECT COUNT(*) FROM job WHERE id = ?"), 1);
}

static void add_rows(struct db *db)
{
    said(db, list_rows(db, stage.job.id, 1, ROWS, false), "add rows");
    cr_assert_eq(of_job(db, "SELECT row_count FROM job WHERE id = ?"), ROWS);
    cr_assert_eq(of_job(db, "SELECT COUNT(*) FROM job_row WHERE job_id = ?"), ROWS);
}

static void end_loading(struct db *db)
{
    said(db, store_job_loaded(db, &stage.job, "head", 4), "loaded");
    cr_assert_eq(list_find(db, stage.job.id).state, JOB_READY);
    cr_assert_eq(of_job(db, "SELECT COUNT(*) FROM job_header WHERE job_id = ?"), 1);
}

static void abandon(struct db *db)
{
    said(db, store_job_abandon(db, stage.job.id), "abandon");
    cr_assert_eq(of_job(db, "SELECT state FROM job WHERE id = ?"), JOB_DELETED);
}

static void start_as(struct db *db, const struct dialect_ops *ops, int unknown,
                     enum job_outcome want, enum job_state state)
{
    enum job_outcome outcome;
    said(db, store_job_start(db, stage.purse, stage.job.id, ops, unknown, &outcome), "start");
    cr_assert_eq(outcome, want, "start: %d", (int)outcome);
    cr_assert_eq(list_find(db, stage.job.id).state, state);
}

static void start(struct db *db)
{
    start_as(db, &job_ops, -1, JOB_DONE, JOB_RUNNING);
}

static void start_too_dear(struct db *db)
{
    static const struct dialect_ops dear = JOB_OPS("cascade", FREE_CREDITS);
    start_as(db, &dear, -1, JOB_NO_CREDIT, JOB_READY);
}

static void start_empty(struct db *db)
{
    start_as(db, &job_ops, -1, JOB_DONE, JOB_COMPLETED);
}

static void start_again(struct db *db)
{
    start_as(db, &job_ops, STATUS_UNKNOWN, JOB_DONE, JOB_RUNNING);
}

static void cancel(struct db *db)
{
    enum job_outcome outcome;
    said(db, store_job_cancel(db, stage.purse, stage.job.id, &job_ops, &outcome), "cancel");
    cr_assert_eq(outcome, JOB_DONE, "cancel: %d", (int)outcome);
    cr_assert_eq(list_find(db, stage.job.id).state, JOB_CANCELLED);
}

static void delete (struct db *db)
{
    enum job_outcome outcome;
    said(db, store_job_delete(db, stage.purse, stage.job.id, &job_ops, &outcome), "delete");
    cr_assert_eq(outcome, JOB_DONE, "delete: %d", (int)outcome);
    cr_assert_eq(of_job(db, "SELECT state FROM job WHERE id = ?"), JOB_DELETED);
}

static void close_list(struct db *db)
{
    bool closed = false;
    said(db, store_job_close(db, stage.job.id, &job_ops, &closed), "close");
    cr_assert(closed);
    cr_assert_eq(list_find(db, stage.job.id).state, JOB_COMPLETED);
}

static const struct story stories[] = {
    {"create", nothing, create, 0, 0, 0, 0, false},
    {"add rows", loading, add_rows, 0, 0, 0, 0, false},
    {"loaded", loaded_rows, end_loading, 0, 0, 0, 0, false},
    {"abandon", loaded_rows, abandon, 0, 0, 0, 0, false},
    {"start", ready, start, -6, 6, 0, 0, false},
    {"start, too dear", ready, start_too_dear, 0, 0, 0, 0, false},
    {"start, nothing to ask", empty, start_empty, 0, 0, 0, 0, false},
    {"start unknown", completed, start_again, -2, 2, 0, 0, false},
    {"cancel", half_done, cancel, 3, -3, 0, 1, false},
    {"cancel, ready", ready, cancel, 0, 0, 0, 1, false},
    {"cancel, second run", again_half_done, cancel, 1, -1, 0, 1, false},
    {"delete", half_done, delete, 3, -3, 0, 1, false},
    {"delete, ready", ready, delete, 0, 0, 0, 1, false},
    {"delete, completed", completed, delete, 0, 0, 0, 1, false},
    {"close", closable, close_list, 0, 0, 0, 1, false},
};

PART(store_faults, loading_and_starting, 0, 1)
PART(store_faults, ending, 1, 1)

Test(store_faults, commit_lost)
{
    lost_commits(stories, COUNT_OF(stories));
}
