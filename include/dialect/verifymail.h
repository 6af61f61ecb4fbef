#ifndef DIALECT_VERIFYMAIL_H
#define DIALECT_VERIFYMAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_out.h"
#include "base/strbuf.h"
#include "model/facts.h"
#include "model/risk_facts.h"
#include "model/verdict.h"

/* The verifymail voice (reference/verifymail.txt): facts to signals, score, verdict and JSON. Pure:
 * no I/O, no SQL, no clock.
 *
 * One table has every signal: name, direction, weight, category, and when it fires. */

enum verifymail_profile {
    VERIFYMAIL_STRICT,
    VERIFYMAIL_BALANCED,
    VERIFYMAIL_PERMISSIVE,
    VERIFYMAIL_PROFILE_COUNT
};
enum verifymail_phase { VERIFYMAIL_BOOTSTRAP, VERIFYMAIL_CALIBRATED, VERIFYMAIL_PHASE_COUNT };
enum verifymail_recommendation {
    VERIFYMAIL_ALLOW,
    VERIFYMAIL_FLAG, /* "allow_with_flag" */
    VERIFYMAIL_BLOCK,
    VERIFYMAIL_RECOMMENDATION_COUNT
};
enum verifymail_path {
    VERIFYMAIL_FAST,     /* syntax, lists */
    VERIFYMAIL_STANDARD, /* and DNS, RDAP */
    VERIFYMAIL_DEEP,     /* and SMTP */
    VERIFYMAIL_PATH_COUNT
};
extern const char *const verifymail_profiles[VERIFYMAIL_PROFILE_COUNT]; /* "strict", ... */
extern const char *const verifymail_recommendations[VERIFYMAIL_RECOMMENDATION_COUNT];

/* What an account's own lists say of the domain. */
enum verifymail_listed { VERIFYMAIL_NOT_LISTED, VERIFYMAIL_ALLOW_LISTED, VERIFYMAIL_BLOCK_LISTED };

/* What is judged. */
struct verifymail_case {
    const struct facts *facts;
    const struct risk_facts *risk;
    struct verdict verdict;
    enum verifymail_listed listed; /* then nothing else counts */
    enum verifymail_profile profile;
    enum verifymail_phase phase;
    enum verifymail_path path;
    bool domain_only; /* /v1/check/domain: no local part, no syntax of an address */
};

enum { VERIFYMAIL_SIGNALS_MAX = 48 };
struct verifymail_signal {
    const char *name;
    int weight; /* negative: trust */
};

struct verifymail_opinion {
    enum verifymail_recommendation recommendation;
    const char *risk_level; /* "low", "medium", "high", "critical" */
    int score;              /* 0..100 */
    double confidence;      /* 0..1 */
    const char *confidence_level;
    int strong, corroborating, trust, bonus; /* components */
    int corroborating_count;
    bool disqualified;
    struct verifymail_signal fired[VERIFYMAIL_SIGNALS_MAX], trusted[VERIFYMAIL_SIGNALS_MAX];
    size_t fired_count, trusted_count;
    int block_at, flag_at;
    double confidence_gate;
};
struct verifymail_opinion verifymail_judge(const struct verifymail_case *c);
/* Is it decided without SMTP: blocked, and sure enough? */
bool verifymail_is_decided(const struct verifymail_opinion *opinion);

/* What only the request knows. */
struct verifymail_meta {
    const char *request_id; /* "req_8d4b3e2f1a6c" */
    int64_t checked_us;     /* wall clock, since 1970 */
    int64_t latency_ms;
    bool cached;
    int64_t cache_age_s; /* -1: null */
};
/* A CheckResponse; `email` as it was sent ("" for a domain check). */
void verifymail_write_check(struct json_out *json, const struct verifymail_case *c,
                            const struct verifymail_opinion *opinion,
                            const struct verifymail_meta *meta);
void verifymail_render_check(struct strbuf *out, const struct verifymail_case *c,
                             const struct verifymail_opinion *opinion,
                             const struct verifymail_meta *meta);

/* ---- errors ---- */

enum verifymail_error {
    VERIFYMAIL_INVALID_API_KEY,            /* 401 */
    VERIFYMAIL_FORBIDDEN,                  /* 403: account, plan; ours */
    VERIFYMAIL_QUOTA_EXCEEDED,             /* 402 */
    VERIFYMAIL_INVALID_IDEMPOTENCY_KEY,    /* 409 */
    VERIFYMAIL_INVALID_REQUEST,            /* 422: missing or malformed */
    VERIFYMAIL_VALIDATION_ERROR,           /* 422: of a wrong type */
    VERIFYMAIL_INVALID_WEBHOOK_URL,        /* 422 */
    VERIFYMAIL_NOT_FOUND,                  /* 404, ours, like the next four */
    VERIFYMAIL_METHOD_NOT_ALLOWED,         /* 405 */
    VERIFYMAIL_LENGTH_REQUIRED,            /* 411 */
    VERIFYMAIL_PAYLOAD_TOO_LARGE,          /* 413 */
    VERIFYMAIL_UNSUPPORTED_TYPE,           /* 415 */
    VERIFYMAIL_TOO_MANY_REQUESTS,          /* 429 */
    VERIFYMAIL_REPORT_RATE_LIMIT_EXCEEDED, /* 429 */
    VERIFYMAIL_INTERNAL_ERROR,             /* 500 */
    VERIFYMAIL_SERVICE_DEGRADED,           /* 503 */
    VERIFYMAIL_DNS_TIMEOUT,                /* 504 */
    VERIFYMAIL_ERROR_COUNT
};
int verifymail_error_status(enum verifymail_error error);
enum verifymail_error verifymail_error_of(int status); /* 500 for any that is not here */
struct verifymail_error_detail {
    const char *message; /* NULL: the error's own words */
    const char *request_id;
    const char *docs_base; /* "https://verifymailapi.com/docs" */
    int64_t limit;         /* < 0: left out, with reset_at */
    int64_t reset_us;
};
void verifymail_render_error(struct strbuf *out, enum verifymail_error error,
                             const struct verifymail_error_detail *detail);

#endif
