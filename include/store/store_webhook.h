#ifndef STORE_STORE_WEBHOOK_H
#define STORE_STORE_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/dialect_ops.h"
#include "store/db.h"
#include "store/store_ledger.h"

/* Who is told what: one URL per purse, and events that wait to be delivered. */
enum { WEBHOOK_URL_MAX = 2048, WEBHOOK_SECRET_MAX = 64 };

/* url NULL: nobody is told any more. */
enum db_status store_webhook_set(struct db *db, uint64_t purse_id, const char *url,
                                 const char *secret);
enum db_status store_webhook_find(struct db *db, uint64_t purse_id, char url[WEBHOOK_URL_MAX + 1],
                                  char secret[WEBHOOK_SECRET_MAX + 1], bool *found);

/* Inside a caller's transaction: an event about `ref`, which is told once.  Without a URL it is
 * kept as told to nobody. */
struct webhook_event {
    uint8_t id[STORE_ID_LEN], ref[STORE_ID_LEN];
    uint64_t purse_id;
    char dialect[17], name[65];
    const char *body;
    size_t body_len;
    uint32_t epoch;
    int tries;                /* this one included */
    const char *url, *secret; /* of the lease only */
};
enum db_status store_webhook_add(struct db *db, const struct webhook_event *event);

typedef void webhook_event_fn(const struct webhook_event *event, void *arg);
/* Which events are wanted: of these dialects (NULL-terminated), and of none of these purses. */
enum { WEBHOOK_BUSY_MAX = 100 };
struct webhook_choice {
    const struct dialect_ops *const *dialects;
    uint64_t busy[WEBHOOK_BUSY_MAX];
    size_t busy_count;
};
/* Leases one event that is due, of any if `choice` is NULL; *found false: none.  `fn` is called
 * after the commit. */
enum db_status store_webhook_lease(struct db *db, const uint8_t owner[STORE_ID_LEN],
                                   int64_t lease_ms, const struct webhook_choice *choice,
                                   webhook_event_fn *fn, void *arg, bool *found);
enum webhook_end {
    WEBHOOK_LATER = 0,
    WEBHOOK_DELIVERED = 1,
    WEBHOOK_GIVEN_UP = 2,
    WEBHOOK_UNTRIED = 3, /* it was none: our own end, say */
};
/* How a try ended; WEBHOOK_LATER and WEBHOOK_UNTRIED: due again in delay_ms.  `why` is cut at 32
 * bytes.  *mine false: the lease was lost. */
enum db_status store_webhook_end(struct db *db, const uint8_t id[STORE_ID_LEN],
                                 const uint8_t owner[STORE_ID_LEN], uint32_t epoch,
                                 enum webhook_end end, int64_t delay_ms, int code, const char *why,
                                 bool *mine);

#endif
