#ifndef DIALECT_OWN_LISTS_H
#define DIALECT_OWN_LISTS_H

#include "model/dialect_ops.h"

/* What dialects say alike about lists where their references say nothing. */

/* Everything costs but what failed through us. */
bool own_lists_billable(const struct facts *facts, const struct verdict *verdict);

/* Members of a struct dialect_ops: five tries more over eleven hours; and headers of webhooks where
 * a dialect does not name its own. */
enum { OWN_LISTS_RETRIES = 5 };
extern const int own_lists_retry_after_s[OWN_LISTS_RETRIES];
#define OWN_LISTS_PAUSES .retry_after_s = own_lists_retry_after_s, .retry_count = OWN_LISTS_RETRIES
#define OWN_LISTS_WEBHOOK                                                   \
    .signature_header = "X-Vrfy-Signature", .event_header = "X-Vrfy-Event", \
    .delivery_header = "X-Vrfy-Delivery", OWN_LISTS_PAUSES

#endif
