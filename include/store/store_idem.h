#ifndef STORE_STORE_IDEM_H
#define STORE_STORE_IDEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "store/db.h"

/* Answers that are given again to whoever asks the same with the same key (Idempotency-Key).  Body
 * bytes are the caller's, sealed by the caller.  One row a (purse, key): claimed by the first,
 * answered by it, waited for by others; a claim whose claimant died is over after `claim_ms`.
 *
 * An answer that costs is laid down before it is paid, with the witness of that: the id of its
 * hold's batch, or of an asynchronous check.  Whoever finds it paid, though its claimant died
 * before it could say so, has the answer; while its hold is open, the claim is not over. */
enum { IDEM_KEY_MAX = 255, IDEM_HASH_LEN = 32, IDEM_BODY_MAX = 2 * 1024 * 1024 };

enum idem_claim {
    IDEM_MINE,     /* go on, and answer or forget it */
    IDEM_ANSWERED, /* *out has the answer */
    IDEM_BUSY,     /* somebody is at it: look again */
    IDEM_OTHER,    /* the key was used with another request */
};
/* `request`: a hash of endpoint and body.  `owner`: random, names this claim; the same one again
 * has it for another claim_ms.  *http_status and what is added to *out: of an answer only. */
enum db_status store_idem_claim(struct db *db, uint64_t purse_id, const char *key,
                                const uint8_t request[IDEM_HASH_LEN], const uint8_t owner[16],
                                int64_t claim_ms, int64_t keep_s, enum idem_claim *claim,
                                int *http_status, struct strbuf *out);
/* A claim, as its claimant names it. */
struct idem_ref {
    uint64_t purse_id;
    const char *key;
    const uint8_t *owner; /* 16 bytes */
};
/* Within a transaction: is that still laid down under this claim?  Its row is locked until the end.
 * DB_REFUSED: somebody else has the claim. */
enum db_status store_idem_hold(struct db *db, const struct idem_ref *claim,
                               const uint8_t witness[16]);
/* The answer that will be given once the witness is paid, or is there.  *mine false: the claim was
 * lost, or is over, so nothing may be paid. */
enum db_status store_idem_lay(struct db *db, uint64_t purse_id, const char *key,
                              const uint8_t owner[16], int http_status, const void *body,
                              size_t len, const uint8_t witness[16], bool *mine);
/* 2xx answers, and only they, are kept for keep_s; body NULL: the one that was laid down.  *mine
 * false: the claim was lost; another has it, or has answered.  A claim that is over and that nobody
 * took is answered still. */
enum db_status store_idem_answer(struct db *db, uint64_t purse_id, const char *key,
                                 const uint8_t owner[16], int http_status, const void *body,
                                 size_t len, int64_t keep_s, bool *mine);
/* Nothing is kept, and the next one may try; but of what was laid down the witness decides. */
enum db_status store_idem_forget(struct db *db, uint64_t purse_id, const char *key,
                                 const uint8_t owner[16]);
/* Some of what is over; what was laid down and may have been paid a day later than that.  Again
 * until it says 0. */
enum db_status store_idem_purge(struct db *db, uint64_t *purged);

#endif
