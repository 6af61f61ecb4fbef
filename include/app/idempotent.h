#ifndef APP_IDEMPOTENT_H
#define APP_IDEMPOTENT_H

#include "http/http.h"

/* Requests that may be repeated (Idempotency-Key): the same key and the same body are answered
 * once, and given the same answer again for a day, also when both come at once.  After the gate,
 * for answers that are not streamed.  What is stored is sealed. */
enum idempotent_refusal {
    IDEMPOTENT_BAD_KEY, /* too long, or not printable ASCII */
    IDEMPOTENT_OTHER,   /* the key was used with another request */
    IDEMPOTENT_BUSY,    /* the first one is still at it, and has been for too long */
    IDEMPOTENT_FAILED,  /* the database could not be asked */
};
typedef void idempotent_refuse_fn(struct http_exchange *exchange, enum idempotent_refusal refusal);

struct idempotent {
    const char *endpoint; /* the same key at another one is another request */
    int64_t longest_ms;   /* that `handler` takes */
    idempotent_refuse_fn *refuse;
    http_handler *handler;
};
void idempotent_handle(struct http_exchange *exchange, const struct idempotent *how);

/* For handlers whose answer costs: once the response is as it will be, and before it is paid.  What
 * the witness is: store_idem_lay.  false: it may not be paid, for another has the claim, or the
 * database cannot be asked (logged).  Without a key true, and nothing is done. */
bool idempotent_lay(struct http_exchange *exchange, const uint8_t witness[16]);
/* Under which claim; false: the request has no key. */
struct idem_ref;
bool idempotent_claim(const struct http_exchange *exchange, struct idem_ref *out);

#endif
