#ifndef STORE_STORE_LEDGER_H
#define STORE_STORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/db.h"

/* The ledger: every movement of credits, and what they were moved for.  schema/README.md says what
 * always holds. */
enum ledger_kind {
    LEDGER_GRANT = 1, /* into the purse */
    LEDGER_HOLD,      /* available to held */
    LEDGER_POST,      /* held to spent, with results */
    LEDGER_CHARGE,    /* available to spent, with results */
    LEDGER_RELEASE,   /* held to available */
    LEDGER_REFUND,    /* spent to available */
    LEDGER_EXPIRE,    /* out of the purse: granted credits that ran out */
    LEDGER_OVERAGE,   /* a grant on account, beside the hold that needs it */
    LEDGER_KIND_COUNT
};
const char *ledger_kind_name(enum ledger_kind kind);

enum { STORE_ID_LEN = 16, LEDGER_NOTE_MAX = 128, LEDGER_GROUP_MAX = 64 };

/* A new id: 48 bits of milliseconds, then random, so that rows made together lie together. */
void store_id_new(uint8_t id[STORE_ID_LEN]);
/* The same as a UUID of version 7 (RFC 9562), for ids that clients see; and as text. */
enum { STORE_ID_TEXT = 37 };
void store_id_new_uuid(uint8_t id[STORE_ID_LEN]);
void store_id_text(const uint8_t id[STORE_ID_LEN], char out[STORE_ID_TEXT]);
bool store_id_parse(const char *text, size_t len, uint8_t id[STORE_ID_LEN]); /* any case */

/* One single check's row: what is kept of its result.  No plain address. */
struct check_result {
    uint8_t address_hash[32]; /* keyed hash of the normalised address */
    int verdict, reason;      /* model/verdict.h */
    int score;                /* the dialect's; -1 none */
};

/* One movement asked for by one caller. */
enum ledger_op_kind { LEDGER_OP_HOLD, LEDGER_OP_SETTLE, LEDGER_OP_RELEASE, LEDGER_OP_CHARGE };
enum ledger_outcome {
    LEDGER_NOTHING, /* not decided yet */
    LEDGER_DONE,
    LEDGER_NO_CREDIT, /* hold, charge: not enough available */
    LEDGER_GONE,      /* settle, release: the hold is not open any more */
};
struct ledger_op {
    enum ledger_op_kind kind;
    uint8_t batch_id[STORE_ID_LEN];
    int64_t amount;      /* hold, charge */
    int64_t lifetime_us; /* hold */
    struct check_result result;
    enum ledger_outcome outcome;
};

/* Operations of one purse, committed together: one ledger line per kind, all with `ref`, which is
 * made before the first try so that a replay can tell whether an earlier try landed. */
struct ledger_group {
    uint64_t purse_id;
    uint8_t ref[STORE_ID_LEN];
    struct ledger_op *ops[LEDGER_GROUP_MAX];
    size_t count;
    bool release_expired; /* look for holds whose time is up, even if credits suffice */
    int64_t available;    /* out: after the transaction */
};
/* DB_OK: every op has its outcome.  Holds and charges are served in the order given as far as the
 * credits go.  DB_REFUSED: no such purse. */
enum db_status ledger_group_commit(struct db *db, struct ledger_group *group);

/* Releases holds of single checks whose time is up, at most LEDGER_GROUP_MAX of them; a transaction
 * of its own.  *released: credits. */
enum db_status ledger_release_expired(struct db *db, uint64_t purse_id, int64_t *released);

/* What a group's settles and charges took, to be given back: a COMMIT that went unanswered is found
 * by its ref, and the months it concerns by its batches. */
struct ledger_refund {
    uint64_t purse_id;
    uint8_t ref[STORE_ID_LEN];
    uint8_t batches[LEDGER_GROUP_MAX][STORE_ID_LEN];
    size_t count;
    int64_t amount; /* out: 0 when nothing was taken, or when it was given back before */
};
void ledger_refund_of(const struct ledger_group *group, struct ledger_refund *out);
/* A transaction of its own. */
enum db_status ledger_refund_all(struct db *db, struct ledger_refund *refund);

/* Inside a caller's transaction: adds credits that last.  DB_DUPLICATE: ref was used by an earlier
 * grant. */
enum db_status ledger_grant(struct db *db, uint64_t purse_id, int64_t amount,
                            const uint8_t ref[STORE_ID_LEN], const char *note);
/* Inside a caller's transaction: the purse has this plan from now on, and what it brings, granted
 * under `ref`.  A plan without months: its credits, that last.  A monthly one: as many as the month
 * then includes, so an upgrade counts at once, a downgrade leaves this month as it was paid for,
 * and going back and forth brings nothing; credits of a purse that had no months last. */
struct plan;
enum db_status ledger_take_plan(struct db *db, uint64_t purse_id, const struct plan *plan,
                                const uint8_t ref[STORE_ID_LEN], const char *note);
/* The earlier grant under that ref. */
enum db_status ledger_grant_find(struct db *db, const uint8_t ref[STORE_ID_LEN], uint64_t *purse_id,
                                 int64_t *amount, bool *found);

struct ledger_line {
    int64_t seq, amount, avail_after, held_after, spent_after;
    enum ledger_kind kind;
    char note[LEDGER_NOTE_MAX + 1], at[32];
};
typedef bool ledger_line_fn(const struct ledger_line *line, void *arg);
/* The newest lines first. */
enum db_status ledger_list(struct db *db, uint64_t purse_id, int64_t limit, ledger_line_fn *each,
                           void *arg);

#endif
