#ifndef JOBS_WEBHOOK_TRY_H
#define JOBS_WEBHOOK_TRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"
#include "io/web_client.h"
#include "jobs/webhook_settings.h"
#include "store/store_webhook.h"

/* What deliveries of webhooks have in common, whatever they tell of. */

/* "sha256=" and the hex HMAC-SHA-256 of the body. */
enum { WEBHOOK_SIGNATURE_SIZE = 7 + 2 * CRYPTO_SHA256_LEN + 1 };
void webhook_signature(const void *secret, size_t secret_len, const void *body, size_t body_len,
                       char out[WEBHOOK_SIGNATURE_SIZE]);

/* When to try again, and when not. */
struct webhook_rules {
    const int *pauses_s; /* between attempts; their number + 1 attempts in all */
    size_t pause_count;
    bool (*is_final)(int status); /* nobody there wants to hear it again */
    bool heeds_retry_after;       /* the receiver's Retry-After where it is longer, up to a day */
};
/* How an attempt went. */
struct webhook_try {
    enum web_outcome outcome;
    int status;            /* 0: no answer */
    int64_t retry_after_s; /* -1: none */
    int number;            /* of the attempt, from 1 */
};
/* WEBHOOK_DELIVERED (2xx), WEBHOOK_LATER in *delay_ms, or WEBHOOK_GIVEN_UP.  Pure. */
enum webhook_end webhook_end_of(const struct webhook_rules *rules, const struct webhook_try *try,
                                int64_t *delay_ms);

/* The client that posts them.  Loop thread; NULL: why is logged. */
struct webhook_poster {
    struct loop *loop;
    web_resolve_fn *resolve;
    void *resolve_arg;
    const struct webhook_settings *settings;
    const struct vet_networks *allow;
    const char *user_agent;
};
struct web_client *webhook_client_new(const struct webhook_poster *poster);

#endif
