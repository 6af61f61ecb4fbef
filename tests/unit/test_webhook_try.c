/* test_webhook_try.c - signatures, and when a webhook is tried again. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/xalloc.h"
#include "jobs/webhook_try.h"

Test(webhook_try, signature)
{
    /* RFC 4231, cases 1 (a key with bytes that are no text), 2 and 3; the last is of openssl dgst.
     */
    static const struct {
        const char *label, *key, *body;
        size_t key_len;
        const char *want;
    } rows[] = {
        {"case 1",
         "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
         "Hi There", 20, "sha256=b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"case 2", "Jefe", "what do ya want for nothing?", 4,
         "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"no body", "key", "", 3,
         "sha256=5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[WEBHOOK_SIGNATURE_SIZE];
        webhook_signature(rows[i].key, rows[i].key_len, rows[i].body, strlen(rows[i].body), text);
        cr_expect_str_eq(text, rows[i].want, "%s", rows[i].label);
    }
}

static bool not_wanted(int status)
{
    return status == 404 || status == 410;
}

Test(webhook_try, ends)
{
    static const int pauses_s[] = {1, 5, 25};
    static const struct {
        const char *label;
        struct webhook_try try;
        bool heeds;
        enum webhook_end end;
        int64_t delay_ms;
    } rows[] = {
        {"200", {WEB_ANSWERED, 200, -1, 1}, false, WEBHOOK_DELIVERED, 0},
        {"299, the last", {WEB_ANSWERED, 299, -1, 4}, false, WEBHOOK_DELIVERED, 0},
        {"199", {WEB_ANSWERED, 199, -1, 1}, false, WEBHOOK_LATER, 1000},
        {"300", {WEB_ANSWERED, 300, -1, 1}, false, WEBHOOK_LATER, 1000},
        {"500, second", {WEB_ANSWERED, 500, -1, 2}, false, WEBHOOK_LATER, 5000},
        {"500, third", {WEB_ANSWERED, 500, -1, 3}, false, WEBHOOK_LATER, 25000},
        {"500, fourth", {WEB_ANSWERED, 500, -1, 4}, false, WEBHOOK_GIVEN_UP, 0},
        {"500, beyond", {WEB_ANSWERED, 500, -1, 200}, false, WEBHOOK_GIVEN_UP, 0},
        {"final", {WEB_ANSWERED, 404, -1, 1}, false, WEBHOOK_GIVEN_UP, 0},
        {"final's number without an answer", {WEB_BROKEN, 404, -1, 1}, false, WEBHOOK_LATER, 1000},
        {"bad URL", {WEB_BAD_URL, 0, -1, 1}, false, WEBHOOK_GIVEN_UP, 0},
        {"timeout", {WEB_TIMEOUT, 0, -1, 1}, false, WEBHOOK_LATER, 1000},
        {"forbidden", {WEB_FORBIDDEN, 0, -1, 3}, false, WEBHOOK_LATER, 25000},
        {"2xx without an answer", {WEB_BROKEN, 200, -1, 1}, false, WEBHOOK_LATER, 1000},
        {"Retry-After unheeded", {WEB_ANSWERED, 429, 60, 1}, false, WEBHOOK_LATER, 1000},
        {"Retry-After", {WEB_ANSWERED, 429, 60, 1}, true, WEBHOOK_LATER, 60000},
        {"Retry-After is sooner", {WEB_ANSWERED, 429, 3, 2}, true, WEBHOOK_LATER, 5000},
        {"Retry-After of a year", {WEB_ANSWERED, 503, 31536000, 1}, true, WEBHOOK_LATER, 86400000},
        {"number 0", {WEB_TIMEOUT, 0, -1, 0}, false, WEBHOOK_LATER, 1000},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct webhook_rules rules = {pauses_s, COUNT_OF(pauses_s), not_wanted,
                                            rows[i].heeds};
        int64_t delay_ms = -1;
        enum webhook_end end = webhook_end_of(&rules, &rows[i].try, &delay_ms);
        cr_expect_eq(end, rows[i].end, "%s: %d", rows[i].label, (int)end);
        cr_expect_eq(delay_ms, rows[i].delay_ms, "%s: %lld", rows[i].label, (long long)delay_ms);
    }
}

Test(webhook_try, no_pauses)
{
    const struct webhook_rules rules = {NULL, 0, not_wanted, true};
    const struct webhook_try try = {WEB_TIMEOUT, 0, -1, 1};
    int64_t delay_ms;
    cr_expect_eq(webhook_end_of(&rules, &try, &delay_ms), WEBHOOK_GIVEN_UP);
}
