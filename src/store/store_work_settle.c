/* store_work_settle.c - results and their price, in one transaction.
 *
 * What the worker still owns is locked and taken out of the queue; what it does not own any more is
 * left out, so a worker that slept past its lease can neither store nor charge.  The list's row
 * must be running and of this batch, else everything is dropped: it was cancelled.  Results, the
 * batch's sums and the ledger's lines commit together or not at all; a replay of a settle that
 * landed finds nothing of its own in the queue, and in the ledger what it did. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/many.h"
#include "store/store_job_private.h"
#include "store/store_period_private.h"
#include "store/store_work.h"

struct run {
    struct work_settle *settle;
    struct work_source source;
    bool mine[WORK_GROUP_MAX]; /* by position in the group */
    size_t count;              /* of those */
    int64_t price;             /* of one */
    int64_t left;              /* without a result before this */
    int64_t posted, released;  /* credits */
};

static void start_marks(struct many *m, const struct work_group *group)
{
    many_add(m, DB_BYTES(group->batch_id, STORE_ID_LEN));
    many_add(m, DB_BYTES(group->owner, STORE_ID_LEN));
    many_add(m, DB_UINT(group->epoch));
}

static bool own_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct run *run = arg;
    const struct work_group *group = &run->settle->group;
    uint32_t n = (uint32_t)db_value_int(&values[0]);
    for (size_t i = 0; i < group->count; i++)
        if (group->n[i] == n && !run->mine[i]) {
            run->mine[i] = true;
            run->count++;
            break;
        }
    return true;
}

static enum db_status own_lock_portion(struct db *db, void *arg, size_t from, size_t count)
{
    struct run *run = arg;
    const struct work_group *group = &run->settle->group;
    struct many m = {0};
    strbuf_adds(&m.sql, "SELECT n FROM work FORCE INDEX (PRIMARY) WHERE batch_id = ?"
                        " AND owner = ? AND epoch = ? AND n IN (");
    start_marks(&m, group);
    for (size_t i = from; i < from + count; i++) {
        many_row(&m, "?");
        many_add(&m, DB_UINT(group->n[i]));
    }
    strbuf_adds(&m.sql, ") FOR UPDATE");
    return many_query(db, &m, own_found, run);
}

/* Locks what of the group is still the owner's. */
static enum db_status own_lock(struct db *db, struct run *run)
{
    memset(run->mine, 0, sizeof(run->mine));
    run->count = 0;
    return many_in_portions(db, run->settle->group.count, own_lock_portion, run);
}

/* The positions of up to `max` of our own items from *at on. */
static size_t own_next(const struct run *run, size_t *at, size_t max, size_t *out)
{
    size_t count = 0;
    for (; *at < run->settle->group.count && count < max; (*at)++)
        if (run->mine[*at])
            out[count++] = *at;
    return count;
}

static enum db_status portion_out(struct db *db, const struct run *run, const size_t *which,
                                  size_t count)
{
    const struct work_group *group = &run->settle->group;
    struct many m = {0};
    strbuf_adds(&m.sql,
                "DELETE w FROM work w FORCE INDEX (PRIMARY) WHERE w.batch_id = ? AND w.owner = ?"
                " AND w.epoch = ? AND w.n IN (");
    start_marks(&m, group);
    for (size_t i = 0; i < count; i++) {
        many_row(&m, "?");
        many_add(&m, DB_UINT(group->n[which[i]]));
    }
    strbuf_adds(&m.sql, ")");
    return many_exec(db, &m);
}

static enum db_status portion_in(struct db *db, const struct run *run, const size_t *which,
                                 size_t count)
{
    struct many m = {0};
    strbuf_adds(&m.sql, "INSERT INTO job_item (batch_id, n, verdict, reason, status, score,"
                        " charged, settle_ref, settled, facts) VALUES ");
    for (size_t i = 0; i < count; i++) {
        const struct work_result *result = &run->settle->results[which[i]];
        many_row(&m, "(?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), ?)");
        many_add(&m, DB_BYTES(run->settle->group.batch_id, STORE_ID_LEN));
        many_add(&m, DB_UINT(run->settle->group.n[which[i]]));
        many_add(&m, DB_INT(result->verdict));
        many_add(&m, DB_INT(result->reason));
        many_add(&m, DB_INT(result->status));
        many_add(&m, DB_INT(result->score));
        many_add(&m, DB_INT(result->billable ? run->price : 0));
        many_add(&m, result->billable ? DB_BYTES(run->settle->ref, STORE_ID_LEN) : DB_NULL);
        many_add(&m, DB_BYTES(result->facts, result->facts_len));
    }
    return many_exec(db, &m);
}

/* Out of the queue, into the results. */
static enum db_status items_move(struct db *db, const struct run *run)
{
    size_t which[WORK_GROUP_MAX], at = 0, left = run->count;
    enum db_status status = DB_OK;
    while (left > 0 && status == DB_OK) {
        size_t portion = own_next(run, &at, many_portion(left), which);
        status = portion_out(db, run, which, portion);
        if (status == DB_OK)
            status = portion_in(db, run, which, portion);
        left -= portion;
    }
    return status;
}

/* The list counts them; DB_REFUSED when it does not run any more. */
static enum db_status job_count(struct db *db, struct run *run)
{
    int64_t counts[DIALECT_STATUS_MAX] = {0};
    run->posted = run->released = 0;
    for (size_t i = 0; i < run->settle->group.count; i++) {
        const struct work_result *result = &run->settle->results[i];
        if (!run->mine[i])
            continue;
        assert(result->status >= 0 && result->status < DIALECT_STATUS_MAX);
        counts[result->status]++;
        *(result->billable ? &run->posted : &run->released) += run->price;
    }
    struct db_param params[3 + DIALECT_STATUS_MAX] = {DB_UINT(run->count)};
    for (size_t i = 0; i < DIALECT_STATUS_MAX; i++)
        params[1 + i] = DB_INT(counts[i]);
    params[1 + DIALECT_STATUS_MAX] = DB_BYTES(run->source.job_id, STORE_ID_LEN);
    params[2 + DIALECT_STATUS_MAX] = DB_BYTES(run->settle->group.batch_id, STORE_ID_LEN);
    uint64_t changed = 0;
    enum db_status status = db_exec(
        db,
        UPDATE_JOB " done = done + ?, count_0 = count_0 + ?, "
                   "count_1 = count_1 + ?,"
                   " count_2 = count_2 + ?, count_3 = count_3 + ?, count_4 = count_4 + ?,"
                   " count_5 = count_5 + ?, count_6 = count_6 + ?, count_7 = count_7 + ?,"
                   " touched = UTC_TIMESTAMP(6) WHERE id = ? AND state = 2 AND batch_id = ?",
        params, COUNT_OF(params), &changed);
    return status == DB_OK && changed != 1 ? DB_REFUSED : status;
}

static enum db_status batch_count(struct db *db, const struct run *run)
{
    const struct db_param params[] = {DB_INT(run->posted), DB_INT(run->released),
                                      DB_BYTES(run->settle->group.batch_id, STORE_ID_LEN),
                                      DB_INT(run->posted + run->released)};
    return job_update(db,
                      "UPDATE batch SET posted = posted + ?, released = released + ?"
                      " WHERE id = ? AND state = 1 AND posted + released + ? <= total",
                      params, COUNT_OF(params));
}

/* Of results that cost nothing. */
static enum db_status line_release(struct db *db, const struct run *run)
{
    const struct work_settle *settle = run->settle;
    const struct db_param params[] = {DB_BYTES(settle->group.batch_id, STORE_ID_LEN)};
    int64_t period = 0;
    enum db_status status = db_query(db, "SELECT period FROM batch WHERE id = ?", params,
                                     COUNT_OF(params), db_take_int, &period);
    if (status != DB_OK)
        return status;
    return purse_release(db, run->source.purse_id, (int)period, run->released, settle->ref,
                         settle->group.batch_id);
}

static enum db_status lines_write(struct db *db, const struct run *run)
{
    const struct work_settle *settle = run->settle;
    enum db_status status = DB_OK;
    if (run->posted > 0)
        status = ledger_line_write(db, run->source.purse_id, LEDGER_POST, run->posted, settle->ref,
                                   settle->group.batch_id, NULL);
    if (status == DB_OK && run->released > 0)
        status = line_release(db, run);
    return status == DB_REFUSED ? DB_BROKEN : status;
}

static bool job_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct run *run = arg;
    run->price = db_value_int(&values[0]);
    run->left = db_value_int(&values[1]);
    return false;
}

/* By the primary key alone, as job_count says it, too: while few lists run the server would rather
 * find the row through the index of states, would wait for it with the index locked, and a feed,
 * which has the row, for the index. */
static enum db_status job_take(struct db *db, struct run *run)
{
    const struct db_param params[] = {DB_BYTES(run->source.job_id, STORE_ID_LEN)};
    return db_query(db, "SELECT price, total - done FROM job WHERE id = ? FOR UPDATE", params,
                    COUNT_OF(params), job_found, run);
}

/* How many an earlier try settled, by what its ref's lines cost; none unless it landed. */
static enum db_status landed_count(struct db *db, struct run *run)
{
    const struct db_param params[] = {DB_BYTES(run->settle->ref, STORE_ID_LEN)};
    int64_t credits = 0;
    enum db_status status = db_query(db,
                                     "SELECT COALESCE(SUM(amount), 0) FROM ledger"
                                     " WHERE kind IN (3, 5) AND ref = ?",
                                     params, COUNT_OF(params), db_take_int, &credits);
    if (run->price > 0)
        run->count = (size_t)(credits / run->price);
    return status;
}

/* All that is written. */
static enum db_status own_settle(struct db *db, struct run *run)
{
    enum db_status status = job_count(db, run);
    if (status == DB_OK)
        status = batch_count(db, run);
    if (status == DB_OK)
        status = items_move(db, run);
    return status == DB_OK ? lines_write(db, run) : status;
}

static enum db_status settle_run(struct db *db, void *arg)
{
    struct run *run = arg;
    struct work_settle *settle = run->settle;
    bool found = false;
    enum db_status status = own_lock(db, run);
    if (status == DB_OK)
        status = store_work_source_of(db, settle->group.batch_id, &run->source, &found);
    if (status == DB_OK && !found)
        return DB_REFUSED;
    if (status == DB_OK)
        status = job_take(db, run);
    size_t own = run->count; /* of a try that landed: none are left */
    if (status == DB_OK)
        status = own > 0 ? own_settle(db, run) : landed_count(db, run);
    settle->settled = run->count;
    settle->finished = run->count > 0 && run->left == (int64_t)own;
    memcpy(settle->job_id, run->source.job_id, STORE_ID_LEN);
    return status;
}

enum db_status store_work_settle(struct db *db, struct work_settle *settle)
{
    assert(settle->group.count > 0 && settle->group.count <= WORK_GROUP_MAX);
    struct run run = {.settle = settle};
    enum db_status status = db_transaction(db, settle_run, &run);
    if (status != DB_OK) {
        settle->settled = 0;
        settle->finished = false;
    }
    return status == DB_REFUSED ? DB_OK : status;
}
