#ifndef VERIFY_CATCHALL_H
#define VERIFY_CATCHALL_H

#include <stdbool.h>

#include "model/facts.h"

/* What the answer to a made-up recipient says about a server.  Pure. */

/* Is a made-up recipient worth asking once the target was answered so?  (Step by step only; in a
 * pipelined batch it has been asked already.) */
bool catchall_worth_asking(enum reply_class target);

/* Does the answer to a made-up recipient by itself show that the server refuses whom it does not
 * know? */
bool catchall_refuses(enum reply_class random);

/* The policy that target and made-up recipient show together; an inconclusive made-up answer never
 * yields accept-all.  `same_refusal`: both refusals read alike. */
enum server_policy catchall_policy(enum reply_class target, enum reply_class random,
                                   bool same_refusal);

#endif
