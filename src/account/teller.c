/* teller.c - one thread and one connection that move all credits of this process.
 *
 * Callers queue an operation and sleep.  The teller takes the oldest, and with it every waiting
 * operation of the same purse up to 64, and commits them as one transaction: under load the price
 * of a commit is shared, alone it is one commit as before.  A group's ref and the ids of its
 * batches are fixed before the first try, so a replay can never move anything twice.
 *
 * Failure: when the database cannot be asked, the group and everything that was waiting with it are
 * answered TELLER_UNAVAILABLE, so nobody waits for more than one timeout; the next operation tries
 * again.  When a COMMIT went unanswered the callers get the same, and the group is remembered:
 * before the next transaction, or after a second, the teller looks whether it landed, and gives
 * back what callers were told they had not spent.  Holds need no such care: they expire. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/threads.h"
#include "base/xalloc.h"
#include "account/teller.h"
#include "store/store_ledger.h"

enum { EXPIRY_SLOTS = 64, EXPIRY_LOOK_MS = 1000, DOUBTS_MAX = 256, DOUBT_WAIT_MS = 1000 };

/* One caller's operation; lives on the caller's stack while it waits.  It has a lock of its own, so
 * that a woken caller finds it free and does not queue for the teller's. */
struct waiter {
    uint64_t purse_id;
    struct ledger_op op;
    struct waiter *next;

    pthread_mutex_t lock;
    pthread_cond_t answered;
    enum teller_result result;
    int64_t available;
    bool done;
};

struct teller {
    struct db *db; /* the teller thread's own */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct waiter *first, **last;
    bool stop;

    /* The teller thread's own: when expired holds of a purse were last looked for.  A purse that
     * falls out of its slot is looked at once more, no harm. */
    struct {
        uint64_t purse_id;
        int64_t looked_ms;
    } expiry[EXPIRY_SLOTS];
    struct ledger_refund doubts[DOUBTS_MAX]; /* groups whose COMMIT went unanswered */
    size_t doubt_count;
};

static bool expiry_due(struct teller *teller, uint64_t purse_id)
{
    size_t slot = purse_id % EXPIRY_SLOTS;
    int64_t now = clock_mono_ms();
    bool due = teller->expiry[slot].purse_id != purse_id ||
               now - teller->expiry[slot].looked_ms >= EXPIRY_LOOK_MS;
    if (due) {
        teller->expiry[slot].purse_id = purse_id;
        teller->expiry[slot].looked_ms = now;
    }
    return due;
}

/* Takes the oldest waiter and all others of its purse, up to a group.  Called with the lock. */
static size_t take_group(struct teller *teller, struct waiter *out[LEDGER_GROUP_MAX])
{
    size_t count = 0;
    struct waiter **at = &teller->first;
    uint64_t purse_id = teller->first->purse_id;
    while (*at != NULL && count < LEDGER_GROUP_MAX) {
        struct waiter *waiter = *at;
        if (waiter->purse_id != purse_id) {
            at = &waiter->next;
            continue;
        }
        out[count++] = waiter;
        *at = waiter->next;
    }
    teller->last = &teller->first;
    while (*teller->last != NULL)
        teller->last = &(*teller->last)->next;
    return count;
}

static enum teller_result result_of(enum ledger_outcome outcome)
{
    switch (outcome) {
    case LEDGER_DONE:
        return TELLER_OK;
    case LEDGER_NO_CREDIT:
        return TELLER_NO_CREDIT;
    case LEDGER_GONE:
        return TELLER_GONE;
    case LEDGER_NOTHING:
        break;
    }
    assert(!"an operation without an outcome");
    return TELLER_UNAVAILABLE;
}

/* The waiter is gone once its lock is released. */
static void answer(struct waiter *waiter, enum teller_result result, int64_t available)
{
    pthread_mutex_lock(&waiter->lock);
    waiter->result = result;
    waiter->available = available;
    waiter->done = true;
    pthread_cond_signal(&waiter->answered);
    pthread_mutex_unlock(&waiter->lock);
}

static void doubt_note(struct teller *teller, const struct ledger_group *group)
{
    if (teller->doubt_count == DOUBTS_MAX) {
        log_error("teller: too many transactions in doubt; purse %llu may have paid for failures",
                  (unsigned long long)group->purse_id);
        return;
    }
    ledger_refund_of(group, &teller->doubts[teller->doubt_count++]);
}

/* Gives back what groups in doubt took, once the database answers again. */
static bool doubts_settle(struct teller *teller)
{
    while (teller->doubt_count > 0) {
        struct ledger_refund *doubt = &teller->doubts[teller->doubt_count - 1];
        enum db_status status = ledger_refund_all(teller->db, doubt);
        if (status == DB_UNAVAILABLE || status == DB_UNCERTAIN)
            return false;
        if (status != DB_OK)
            log_error("teller: a transaction of purse %llu stays in doubt",
                      (unsigned long long)doubt->purse_id);
        if (doubt->amount > 0)
            log_warn("teller: %lld credits given back to purse %llu after a lost answer",
                     (long long)doubt->amount, (unsigned long long)doubt->purse_id);
        teller->doubt_count--;
    }
    return true;
}

static enum db_status group_commit(struct teller *teller, struct ledger_group *group)
{
    if (!doubts_settle(teller))
        return DB_UNAVAILABLE;
    group->release_expired = expiry_due(teller, group->purse_id);
    enum db_status status = ledger_group_commit(teller->db, group);
    if (status == DB_UNCERTAIN)
        doubt_note(teller, group);
    return status;
}

/* Who queued while the database was being waited for has waited long enough. */
static void turn_away(struct teller *teller)
{
    pthread_mutex_lock(&teller->lock);
    struct waiter *waiter = teller->first;
    teller->first = NULL;
    teller->last = &teller->first;
    pthread_mutex_unlock(&teller->lock);
    while (waiter != NULL) {
        struct waiter *next = waiter->next;
        answer(waiter, TELLER_UNAVAILABLE, -1);
        waiter = next;
    }
}

/* Commits operations of one purse and answers their callers.  false: the database is away. */
static bool serve(struct teller *teller, struct waiter **waiters, size_t count);

/* One of them is why the group was refused: alone, each answers for itself. */
static bool serve_singly(struct teller *teller, struct waiter **waiters, size_t count)
{
    bool up = true;
    for (size_t i = 0; i < count; i++)
        if (up)
            up = serve(teller, &waiters[i], 1);
        else
            answer(waiters[i], TELLER_UNAVAILABLE, -1);
    return up;
}

static bool serve(struct teller *teller, struct waiter **waiters, size_t count)
{
    struct ledger_group group = {.purse_id = waiters[0]->purse_id, .count = count};
    store_id_new(group.ref);
    for (size_t i = 0; i < count; i++)
        group.ops[i] = &waiters[i]->op;
    enum db_status status = group_commit(teller, &group);
    if (count > 1 && (status == DB_BROKEN || status == DB_DUPLICATE))
        return serve_singly(teller, waiters, count);

    for (size_t i = 0; i < count; i++) {
        if (status == DB_OK)
            answer(waiters[i], result_of(group.ops[i]->outcome), group.available);
        else if (status == DB_REFUSED)
            answer(waiters[i], TELLER_NO_CREDIT, 0); /* there is no such purse */
        else
            answer(waiters[i], TELLER_UNAVAILABLE, -1);
    }
    bool up = status != DB_UNAVAILABLE && status != DB_UNCERTAIN;
    if (!up)
        turn_away(teller);
    return up;
}

/* Sleeps until there is work, it is time to stop, or a doubt has waited for its second. */
static void wait_for_work(struct teller *teller)
{
    bool time = true;
    while (teller->first == NULL && !teller->stop && time)
        if (teller->doubt_count == 0)
            pthread_cond_wait(&teller->work, &teller->lock);
        else
            time = cond_wait_ms(&teller->work, &teller->lock, DOUBT_WAIT_MS);
}

static void *teller_main(void *arg)
{
    struct teller *teller = arg;
    struct waiter *waiters[LEDGER_GROUP_MAX];
    for (;;) {
        pthread_mutex_lock(&teller->lock);
        wait_for_work(teller);
        size_t count = teller->first == NULL ? 0 : take_group(teller, waiters);
        bool stop = count == 0 && teller->stop;
        pthread_mutex_unlock(&teller->lock);
        if (stop)
            return NULL;
        if (count > 0)
            serve(teller, waiters, count);
        else
            doubts_settle(teller);
    }
}

struct teller *teller_new(const struct database_settings *settings)
{
    struct teller *teller = NEW(struct teller);
    teller->db = db_new(settings);
    teller->last = &teller->first;
    pthread_mutex_init(&teller->lock, NULL);
    cond_init(&teller->work);
    int failed = pthread_create(&teller->thread, NULL, teller_main, teller);
    assert(failed == 0);
    return teller;
}

void teller_free(struct teller **teller)
{
    struct teller *t = *teller;
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_signal(&t->work);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    if (t->doubt_count > 0 && !doubts_settle(t))
        log_error("teller: %zu transactions stay in doubt", t->doubt_count);
    pthread_cond_destroy(&t->work);
    pthread_mutex_destroy(&t->lock);
    db_free(&t->db);
    free(t);
    *teller = NULL;
}

/* Queues the operations, together, and sleeps until all are answered. */
static void wait_for_all(struct teller *teller, struct waiter *waiters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_init(&waiters[i].lock, NULL);
        pthread_cond_init(&waiters[i].answered, NULL);
        waiters[i].next = i + 1 < count ? &waiters[i + 1] : NULL;
    }
    pthread_mutex_lock(&teller->lock);
    assert(!teller->stop);
    if (teller->first == NULL)
        pthread_cond_signal(&teller->work);
    *teller->last = waiters;
    teller->last = &waiters[count - 1].next;
    pthread_mutex_unlock(&teller->lock);
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&waiters[i].lock);
        while (!waiters[i].done)
            pthread_cond_wait(&waiters[i].answered, &waiters[i].lock);
        pthread_mutex_unlock(&waiters[i].lock);
        pthread_cond_destroy(&waiters[i].answered);
        pthread_mutex_destroy(&waiters[i].lock);
    }
}

static enum teller_result wait_for(struct teller *teller, struct waiter *waiter, int64_t *available)
{
    wait_for_all(teller, waiter, 1);
    if (available != NULL)
        *available = waiter->available;
    return waiter->result;
}

enum teller_result teller_hold(struct teller *teller, uint64_t purse_id, int64_t amount,
                               int64_t lifetime_ms, struct hold *out, int64_t *available)
{
    assert(amount > 0 && lifetime_ms > 0);
    struct waiter waiter = {
        .purse_id = purse_id,
        .op = {.kind = LEDGER_OP_HOLD, .amount = amount, .lifetime_us = lifetime_ms * 1000}};
    store_id_new(waiter.op.batch_id);
    memcpy(out->id, waiter.op.batch_id, sizeof(out->id));
    out->purse_id = purse_id;
    out->amount = amount;
    return wait_for(teller, &waiter, available);
}

enum teller_result teller_settle(struct teller *teller, const struct hold *hold,
                                 const struct check_result *result, int64_t *available)
{
    struct waiter waiter = {.purse_id = hold->purse_id,
                            .op = {.kind = LEDGER_OP_SETTLE, .result = *result}};
    memcpy(waiter.op.batch_id, hold->id, sizeof(hold->id));
    return wait_for(teller, &waiter, available);
}

enum teller_result teller_release(struct teller *teller, const struct hold *hold,
                                  int64_t *available)
{
    struct waiter waiter = {.purse_id = hold->purse_id, .op = {.kind = LEDGER_OP_RELEASE}};
    memcpy(waiter.op.batch_id, hold->id, sizeof(hold->id));
    return wait_for(teller, &waiter, available);
}

enum teller_result teller_charge(struct teller *teller, uint64_t purse_id, int64_t amount,
                                 const struct check_result *result, int64_t *available)
{
    assert(amount > 0);
    struct waiter waiter = {.purse_id = purse_id,
                            .op = {.kind = LEDGER_OP_CHARGE, .amount = amount, .result = *result}};
    store_id_new(waiter.op.batch_id);
    return wait_for(teller, &waiter, available);
}

/* ---- several at once ---- */

static struct waiter waiter_of(struct teller_move *move, uint64_t purse_id, int64_t lifetime_ms)
{
    static const enum ledger_op_kind kinds[] = {[TELLER_HOLD] = LEDGER_OP_HOLD,
                                                [TELLER_SETTLE] = LEDGER_OP_SETTLE,
                                                [TELLER_RELEASE] = LEDGER_OP_RELEASE,
                                                [TELLER_CHARGE] = LEDGER_OP_CHARGE};
    bool fresh = move->kind == TELLER_HOLD || move->kind == TELLER_CHARGE;
    assert(!fresh || (move->hold.amount > 0 && lifetime_ms > 0));
    if (fresh)
        store_id_new(move->hold.id);
    move->hold.purse_id = purse_id;
    struct waiter waiter = {.purse_id = purse_id,
                            .op = {.kind = kinds[move->kind],
                                   .amount = fresh ? move->hold.amount : 0,
                                   .lifetime_us = lifetime_ms * 1000,
                                   .result = move->result}};
    memcpy(waiter.op.batch_id, move->hold.id, sizeof(move->hold.id));
    return waiter;
}

void teller_move_all(struct teller *teller, uint64_t purse_id, struct teller_move *moves,
                     size_t count, int64_t lifetime_ms, int64_t *available)
{
    if (count == 0)
        return;
    struct waiter *waiters = x_calloc(count, sizeof(*waiters));
    for (size_t i = 0; i < count; i++)
        waiters[i] = waiter_of(&moves[i], purse_id, lifetime_ms);
    wait_for_all(teller, waiters, count);
    for (size_t i = 0; i < count; i++)
        moves[i].outcome = waiters[i].result;
    if (available != NULL)
        *available = waiters[count - 1].available;
    free(waiters);
}
