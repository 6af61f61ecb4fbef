/* store_ledger.c - how credits move: one group of operations of one purse, one transaction.
 *
 * The purse's row is locked first, so operations of one purse form one line and cannot deadlock
 * with each other.  What is affordable is chosen from the locked balance; the UPDATE that moves the
 * credits carries the guard again, and the table's CHECKs stand behind it.  Every movement is one
 * ledger line copied from the purse's row as it then is, never from a sum made here.
 *
 * A purse whose credits come by the month is brought into the present one before anything moves
 * (store_period.c); what such a purse costs more is asked only of it.
 *
 * A group's ref is fixed before the first try.  When an answer to COMMIT was lost, the replay finds
 * the ref in the ledger and keeps the outcomes of the try that landed; it cannot look too early,
 * because the lost transaction holds the purse's lock until it is decided. */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/names.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/many.h"
#include "store/store_period_private.h"

static const char *const kind_names[LEDGER_KIND_COUNT] = {
    [LEDGER_GRANT] = "grant",   [LEDGER_HOLD] = "hold",       [LEDGER_POST] = "post",
    [LEDGER_CHARGE] = "charge", [LEDGER_RELEASE] = "release", [LEDGER_REFUND] = "refund",
    [LEDGER_EXPIRE] = "expire", [LEDGER_OVERAGE] = "overage",
};

const char *ledger_kind_name(enum ledger_kind kind)
{
    return names_of(kind_names, COUNT_OF(kind_names), (int)kind);
}

/* What one credit of each kind does to the four sums of a purse. */
static const struct effect {
    int avail, held, spent, granted;
} effects[LEDGER_KIND_COUNT] = {
    [LEDGER_GRANT] = {+1, 0, 0, +1},   [LEDGER_HOLD] = {-1, +1, 0, 0},
    [LEDGER_POST] = {0, -1, +1, 0},    [LEDGER_CHARGE] = {-1, 0, +1, 0},
    [LEDGER_RELEASE] = {+1, -1, 0, 0}, [LEDGER_REFUND] = {+1, 0, -1, 0},
    [LEDGER_EXPIRE] = {-1, 0, 0, -1},  [LEDGER_OVERAGE] = {+1, 0, 0, +1},
};

enum db_status ledger_line_write(struct db *db, uint64_t purse_id, enum ledger_kind kind,
                                 int64_t amount, const uint8_t *ref, const uint8_t *batch_id,
                                 const char *note)
{
    assert(amount > 0 && kind >= LEDGER_GRANT && kind < LEDGER_KIND_COUNT);
    const struct effect *e = &effects[kind];
    int64_t avail = e->avail * amount, held = e->held * amount, spent = e->spent * amount;
    const struct db_param move[] = {
        DB_INT(avail),     DB_INT(held),  DB_INT(spent), DB_INT(e->granted * amount),
        DB_UINT(purse_id), DB_INT(avail), DB_INT(held),  DB_INT(spent)};
    uint64_t changed = 0;
    enum db_status status =
        db_exec(db,
                "UPDATE purse SET avail = avail + ?, held = held + ?, spent = spent + ?,"
                " granted = granted + ?, seq = seq + 1"
                " WHERE id = ? AND avail + ? >= 0 AND held + ? >= 0 AND spent + ? >= 0",
                move, COUNT_OF(move), &changed);
    if (status != DB_OK)
        return status;
    if (changed != 1)
        return DB_REFUSED;
    const struct db_param line[] = {DB_INT(kind),
                                    DB_INT(amount),
                                    DB_BYTES(ref, STORE_ID_LEN),
                                    batch_id != NULL ? DB_BYTES(batch_id, STORE_ID_LEN) : DB_NULL,
                                    DB_TEXT(note),
                                    DB_UINT(purse_id)};
    return db_exec(db,
                   "INSERT INTO ledger (purse_id, seq, kind, amount, ref, batch_id, note,"
                   " avail_after, held_after, spent_after, at)"
                   " SELECT id, seq, ?, ?, ?, ?, ?, avail, held, spent,"
                   " UTC_TIMESTAMP(6) FROM purse WHERE id = ?",
                   line, COUNT_OF(line), NULL);
}

enum db_status ledger_move(struct db *db, struct purse *purse, enum ledger_kind kind,
                           int64_t amount, const uint8_t *ref, const uint8_t *batch_id,
                           const char *note)
{
    if (amount == 0)
        return DB_OK;
    purse->months.avail += effects[kind].avail * amount;
    enum db_status status = ledger_line_write(db, purse->id, kind, amount, ref, batch_id, note);
    if (status == DB_REFUSED) {
        log_error("ledger: purse %llu cannot move %lld (%s) though it was locked",
                  (unsigned long long)purse->id, (long long)amount, ledger_kind_name(kind));
        status = DB_BROKEN;
    }
    return status;
}

/* What a run of the closure works on. */
struct run {
    struct db *db;
    struct ledger_group *group;
    struct purse purse;
    bool replay;              /* not the first run: an earlier one may have landed */
    int64_t released;         /* credits of all holds let go in this run */
    struct purse_backs backs; /* the same, by month */
    int64_t need;             /* of all holds and charges */
};

static enum db_status landed_before(struct run *run, bool *landed)
{
    int64_t lines = 0;
    *landed = false;
    if (!run->replay)
        return DB_OK;
    const struct db_param params[] = {DB_BYTES(run->group->ref, STORE_ID_LEN)};
    enum db_status status =
        db_query(run->db, "SELECT COUNT(*) FROM ledger WHERE kind IN (2, 3, 4, 5) AND ref = ?",
                 params, 1, db_take_int, &lines);
    *landed = lines > 0;
    return status;
}

/* Batches that this run closes, as locked. */
struct locked {
    uint8_t id[LEDGER_GROUP_MAX][STORE_ID_LEN];
    int64_t total[LEDGER_GROUP_MAX];
    int period[LEDGER_GROUP_MAX];
    size_t count;
};

static bool lock_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct locked *locked = arg;
    assert(locked->count < LEDGER_GROUP_MAX);
    db_value_bytes(&values[0], locked->id[locked->count], STORE_ID_LEN);
    locked->total[locked->count] = db_value_int(&values[1]);
    locked->period[locked->count++] = (int)db_value_int(&values[2]);
    return true;
}

/* Closes locked batches: all of their credits posted, or all released under the group's ref. */
static enum db_status batches_close(struct run *run, const struct locked *locked, bool posted,
                                    int64_t *sum)
{
    struct many m = {0};
    *sum = 0;
    strbuf_adds(&m.sql, posted ? "UPDATE batch SET state = 3, expires_at = NULL, posted = total"
                                 " WHERE state = 1 AND id IN ("
                               : "UPDATE batch SET state = 3, expires_at = NULL, released = total,"
                                 " release_ref = ? WHERE state = 1 AND id IN (");
    if (!posted)
        many_add(&m, DB_BYTES(run->group->ref, STORE_ID_LEN));
    for (size_t i = 0; i < locked->count; i++) {
        many_row(&m, "?");
        many_add(&m, DB_BYTES(locked->id[i], STORE_ID_LEN));
        *sum += locked->total[i];
    }
    strbuf_adds(&m.sql, ")");
    return many_exec(run->db, &m);
}

/* Closes them as released. */
static enum db_status batches_release(struct run *run, const struct locked *locked)
{
    int64_t sum = 0;
    enum db_status status = batches_close(run, locked, false, &sum);
    for (size_t i = 0; i < locked->count; i++)
        purse_backs_add(&run->backs, locked->period[i], locked->total[i]);
    run->released += sum;
    return status;
}

/* Holds whose time is up: what a killed program left behind. */
static enum db_status expired_release(struct run *run)
{
    if (!run->group->release_expired && run->purse.months.avail >= run->need)
        return DB_OK;
    struct locked locked = {0};
    const struct db_param params[] = {DB_UINT(run->group->purse_id), DB_INT(LEDGER_GROUP_MAX)};
    enum db_status status = db_query(run->db,
                                     "SELECT id, total, period FROM batch WHERE purse_id = ?"
                                     " AND expires_at <= UTC_TIMESTAMP(6) AND state = 1"
                                     " LIMIT ? FOR UPDATE",
                                     params, COUNT_OF(params), lock_found, &locked);
    return status == DB_OK ? batches_release(run, &locked) : status;
}

/* Finds the open holds among the group's settles or releases, gives each of those ops its outcome,
 * and fills `locked`. */
static enum db_status holds_lock(struct run *run, enum ledger_op_kind kind, struct locked *locked)
{
    struct ledger_group *group = run->group;
    struct many m = {0};
    strbuf_adds(&m.sql, "SELECT id, total, period FROM batch FORCE INDEX (PRIMARY) WHERE state = 1"
                        " AND purse_id = ? AND expires_at > UTC_TIMESTAMP(6) AND id IN (");
    many_add(&m, DB_UINT(group->purse_id));
    for (size_t i = 0; i < group->count; i++)
        if (group->ops[i]->kind == kind) {
            many_row(&m, "?");
            many_add(&m, DB_BYTES(group->ops[i]->batch_id, STORE_ID_LEN));
        }
    strbuf_adds(&m.sql, ") FOR UPDATE");
    enum db_status status = many_query(run->db, &m, lock_found, locked);
    bool taken[LEDGER_GROUP_MAX] = {false}; /* a hold asked for twice goes to the first */
    for (size_t i = 0; i < group->count; i++) {
        struct ledger_op *op = group->ops[i];
        if (op->kind != kind)
            continue;
        op->outcome = LEDGER_GONE;
        for (size_t j = 0; j < locked->count; j++)
            if (!taken[j] && memcmp(op->batch_id, locked->id[j], STORE_ID_LEN) == 0) {
                op->outcome = LEDGER_DONE;
                op->amount = locked->total[j];
                taken[j] = true;
                break;
            }
    }
    return status;
}

/* The results of settled or charged checks, each naming the line that took its credits. */
static enum db_status items_add(struct run *run, enum ledger_op_kind kind)
{
    struct many m = {0};
    strbuf_adds(&m.sql, "INSERT INTO item (batch_id, n, address_hash, verdict, reason, score,"
                        " charged, settle_ref, settled) VALUES ");
    for (size_t i = 0; i < run->group->count; i++) {
        const struct ledger_op *op = run->group->ops[i];
        if (op->kind != kind || op->outcome != LEDGER_DONE)
            continue;
        many_row(&m, "(?, 1, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))");
        many_add(&m, DB_BYTES(op->batch_id, STORE_ID_LEN));
        many_add(&m, DB_BYTES(op->result.address_hash, sizeof(op->result.address_hash)));
        many_add(&m, DB_INT(op->result.verdict));
        many_add(&m, DB_INT(op->result.reason));
        many_add(&m, op->result.score < 0 ? DB_NULL : DB_INT(op->result.score));
        many_add(&m, DB_INT(op->amount));
        many_add(&m, DB_BYTES(run->group->ref, STORE_ID_LEN));
    }
    return many_exec(run->db, &m);
}

/* Batches of one: open for holds, closed at once for charges. */
static enum db_status batches_add(struct run *run, enum ledger_op_kind kind)
{
    struct many m = {0};
    bool hold = kind == LEDGER_OP_HOLD;
    strbuf_adds(&m.sql, "INSERT INTO batch (id, purse_id, state, total, posted, released, hold_ref,"
                        " expires_at, period, created) VALUES ");
    for (size_t i = 0; i < run->group->count; i++) {
        const struct ledger_op *op = run->group->ops[i];
        if (op->kind != kind || op->outcome != LEDGER_DONE)
            continue;
        many_row(&m, "(?, ?, ?, ?, ?, 0, ?, UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND,"
                     " ?, UTC_TIMESTAMP(6))");
        many_add(&m, DB_BYTES(op->batch_id, STORE_ID_LEN));
        many_add(&m, DB_UINT(run->group->purse_id));
        many_add(&m, DB_INT(hold ? BATCH_OPEN : BATCH_CLOSED));
        many_add(&m, DB_INT(op->amount));
        many_add(&m, DB_INT(hold ? 0 : op->amount));
        many_add(&m, hold ? DB_BYTES(run->group->ref, STORE_ID_LEN) : DB_NULL);
        many_add(&m, hold ? DB_INT(op->lifetime_us) : DB_NULL);
        many_add(&m, DB_INT(run->purse.months.period));
    }
    return many_exec(run->db, &m);
}

/* Sum of the credits that ops of one kind got. */
static int64_t done_sum(const struct ledger_group *group, enum ledger_op_kind kind)
{
    int64_t sum = 0;
    for (size_t i = 0; i < group->count; i++)
        if (group->ops[i]->kind == kind && group->ops[i]->outcome == LEDGER_DONE)
            sum += group->ops[i]->amount;
    return sum;
}

static enum db_status move(struct run *run, enum ledger_kind kind, int64_t amount)
{
    return ledger_move(run->db, &run->purse, kind, amount, run->group->ref, NULL, NULL);
}

/* Who gets credits: in the order of arrival, as far as they go. */
static void choose_affordable(struct run *run)
{
    int64_t left = run->purse.months.avail - run->purse.frozen;
    for (size_t i = 0; i < run->group->count; i++) {
        struct ledger_op *op = run->group->ops[i];
        if (op->kind != LEDGER_OP_HOLD && op->kind != LEDGER_OP_CHARGE)
            continue;
        bool affordable = op->amount <= left;
        op->outcome = affordable ? LEDGER_DONE : LEDGER_NO_CREDIT;
        left -= affordable ? op->amount : 0;
    }
}

/* What was let go is available again, as far as its month is not over. */
static enum db_status released_back(struct run *run)
{
    enum db_status status = move(run, LEDGER_RELEASE, run->released);
    return status == DB_OK
               ? purse_take_back(run->db, &run->purse, &run->backs, run->group->ref, NULL)
               : status;
}

static enum db_status step_releases(struct run *run)
{
    struct locked locked = {0};
    enum db_status status = holds_lock(run, LEDGER_OP_RELEASE, &locked);
    if (status == DB_OK)
        status = batches_release(run, &locked);
    if (status == DB_OK)
        status = expired_release(run);
    return status == DB_OK ? released_back(run) : status;
}

static enum db_status step_settles(struct run *run)
{
    struct locked locked = {0};
    int64_t sum = 0;
    enum db_status status = holds_lock(run, LEDGER_OP_SETTLE, &locked);
    if (status == DB_OK)
        status = batches_close(run, &locked, true, &sum);
    if (status == DB_OK)
        status = items_add(run, LEDGER_OP_SETTLE);
    return status == DB_OK ? move(run, LEDGER_POST, sum) : status;
}

static enum db_status step_holds(struct run *run)
{
    enum db_status status = batches_add(run, LEDGER_OP_HOLD);
    return status == DB_OK ? move(run, LEDGER_HOLD, done_sum(run->group, LEDGER_OP_HOLD)) : status;
}

static enum db_status step_charges(struct run *run)
{
    enum db_status status = batches_add(run, LEDGER_OP_CHARGE);
    if (status == DB_OK)
        status = items_add(run, LEDGER_OP_CHARGE);
    return status == DB_OK ? move(run, LEDGER_CHARGE, done_sum(run->group, LEDGER_OP_CHARGE))
                           : status;
}

static void run_reset(struct run *run)
{
    run->released = run->need = 0;
    run->backs.count = 0;
    for (size_t i = 0; i < run->group->count; i++) {
        struct ledger_op *op = run->group->ops[i];
        op->outcome = LEDGER_NOTHING;
        if (op->kind == LEDGER_OP_HOLD || op->kind == LEDGER_OP_CHARGE)
            run->need += op->amount;
    }
}

/* Locks the purse and, unless an earlier try landed, brings it into its month. */
static enum db_status run_begin(struct db *db, struct run *run, bool *landed)
{
    run->db = db;
    *landed = false;
    enum db_status status = purse_lock(db, run->group->purse_id, &run->purse);
    if (status == DB_OK)
        status = landed_before(run, landed);
    run->replay = true;
    return status == DB_OK && !*landed ? purse_turn(db, &run->purse) : status;
}

static enum db_status group_move(struct run *run)
{
    run_reset(run);
    enum db_status status = step_releases(run);
    if (status == DB_OK)
        status = step_settles(run);
    if (status == DB_OK)
        status = purse_overage(run->db, &run->purse, run->need, run->group->ref, NULL);
    choose_affordable(run);
    if (status == DB_OK)
        status = step_holds(run);
    return status == DB_OK ? step_charges(run) : status;
}

static enum db_status group_run(struct db *db, void *arg)
{
    struct run *run = arg;
    bool landed;
    enum db_status status = run_begin(db, run, &landed);
    if (status == DB_OK && !landed)
        status = group_move(run);
    run->group->available = run->purse.months.avail;
    return status;
}

enum db_status ledger_group_commit(struct db *db, struct ledger_group *group)
{
    assert(group->count > 0 && group->count <= LEDGER_GROUP_MAX);
    struct run run = {.group = group};
    return db_transaction(db, group_run, &run);
}

static enum db_status expired_run(struct db *db, void *arg)
{
    struct run *run = arg;
    bool landed;
    enum db_status status = run_begin(db, run, &landed);
    run->released = 0;
    run->backs.count = 0;
    if (status == DB_OK && !landed)
        status = expired_release(run);
    return status == DB_OK && !landed ? released_back(run) : status;
}

enum db_status ledger_release_expired(struct db *db, uint64_t purse_id, int64_t *released)
{
    struct ledger_group group = {.purse_id = purse_id, .release_expired = true};
    struct run run = {.group = &group};
    store_id_new(group.ref);
    enum db_status status = db_transaction(db, expired_run, &run);
    *released = status == DB_OK ? run.released : 0;
    return status;
}

struct grant_find {
    uint64_t purse_id;
    int64_t amount;
    bool found;
};

static bool grant_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    *(struct grant_find *)arg =
        (struct grant_find){(uint64_t)db_value_int(&values[0]), db_value_int(&values[1]), true};
    return false;
}

enum db_status ledger_grant_find(struct db *db, const uint8_t ref[STORE_ID_LEN], uint64_t *purse_id,
                                 int64_t *amount, bool *found)
{
    const struct db_param params[] = {DB_BYTES(ref, STORE_ID_LEN)};
    struct grant_find find = {0};
    enum db_status status =
        db_query(db, "SELECT purse_id, amount FROM ledger WHERE kind = 1 AND ref = ?", params, 1,
                 grant_found, &find);
    *purse_id = find.purse_id;
    *amount = find.amount;
    *found = find.found;
    return status;
}

struct list {
    ledger_line_fn *each;
    void *arg;
};

static bool line_listed(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    const struct list *list = arg;
    struct ledger_line line = {
        .seq = db_value_int(&values[0]),
        .kind = (enum ledger_kind)db_value_int(&values[1]),
        .amount = db_value_int(&values[2]),
        .avail_after = db_value_int(&values[3]),
        .held_after = db_value_int(&values[4]),
        .spent_after = db_value_int(&values[5]),
    };
    db_value_text(&values[6], line.note, sizeof(line.note));
    db_value_text(&values[7], line.at, sizeof(line.at));
    return list->each(&line, list->arg);
}

enum db_status ledger_list(struct db *db, uint64_t purse_id, int64_t limit, ledger_line_fn *each,
                           void *arg)
{
    const struct db_param params[] = {DB_UINT(purse_id), DB_INT(limit)};
    struct list list = {each, arg};
    return db_query(db,
                    "SELECT seq, kind, amount, avail_after, held_after, spent_after, note, at"
                    " FROM ledger WHERE purse_id = ? ORDER BY seq DESC LIMIT ?",
                    params, COUNT_OF(params), line_listed, &list);
}
