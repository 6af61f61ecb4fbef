/* webhook_try.c - signing, trying again, and the client that posts: what all couriers share. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "jobs/webhook_try.h"

enum { RETRY_AFTER_MAX_S = 24 * 3600 };

void webhook_signature(const void *secret, size_t secret_len, const void *body, size_t body_len,
                       char out[WEBHOOK_SIGNATURE_SIZE])
{
    uint8_t mac[CRYPTO_SHA256_LEN];
    crypto_hmac_sha256(secret, secret_len, body, body_len, mac);
    memcpy(out, "sha256=", 8);
    for (size_t i = 0; i < sizeof(mac); i++)
        snprintf(out + 7 + 2 * i, 3, "%02x", mac[i]);
}

enum webhook_end webhook_end_of(const struct webhook_rules *rules, const struct webhook_try *try,
                                int64_t *delay_ms)
{
    bool answered = try->outcome == WEB_ANSWERED;
    *delay_ms = 0;
    if (answered && try->status >= 200 && try->status < 300)
        return WEBHOOK_DELIVERED;
    bool final = try->outcome == WEB_BAD_URL || (answered && rules->is_final(try->status));
    if (final || (size_t)try->number > rules->pause_count)
        return WEBHOOK_GIVEN_UP;
    int64_t pause_s = rules->pauses_s[try->number > 0 ? try->number - 1 : 0];
    if (rules->heeds_retry_after && try->retry_after_s > pause_s)
        pause_s = try->retry_after_s < RETRY_AFTER_MAX_S ? try->retry_after_s : RETRY_AFTER_MAX_S;
    *delay_ms = pause_s * 1000;
    return WEBHOOK_LATER;
}

struct web_client *webhook_client_new(const struct webhook_poster *poster)
{
    char why[256];
    const struct web_config config = {.loop = poster->loop,
                                      .resolve = poster->resolve,
                                      .resolve_arg = poster->resolve_arg,
                                      .allow = poster->allow,
                                      .ca_file = poster->settings->ca_file,
                                      .user_agent = poster->user_agent};
    struct web_client *client = web_client_new(&config, why, sizeof(why));
    if (client == NULL)
        log_error("webhooks cannot be delivered: %s", why);
    return client;
}
