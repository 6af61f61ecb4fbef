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
/* X-Risk-Profile's value; false: there is no such profile. */
bool verifymail_profile_of(const char *name, enum verifymail_profile *out);

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
    double confidence;      /* 0..1, in hundredths */
    const char *confidence_level;
    int strong, corroborating, trust, bonus; /* components; trust is negative */
    int corroborating_count;                 /* of those that compound */
    int factor_tenths;                       /* by which: 10, 13, 16, 19 */
    bool disqualified;
    struct verifymail_signal fired[VERIFYMAIL_SIGNALS_MAX], trusted[VERIFYMAIL_SIGNALS_MAX];
    size_t fired_count, trusted_count;
    int block_at, flag_at;
    double confidence_gate;
};
struct verifymail_opinion verifymail_judge(const struct verifymail_case *c);
/* Is it decided without SMTP: blocked, and sure enough? */
bool verifymail_is_decided(const struct verifymail_opinion *opinion);
/* Was it blocked for abuse of the domain, which others should know of?  By the balanced profile,
 * whatever the account's own: that moves nobody else.  Not for its age alone, an address that
 * nobody has or a domain that takes no mail; not by the account's own list or report; nor where
 * others' trouble has a part in it, else a domain could never lose it again. */
bool verifymail_is_trouble(const struct verifymail_opinion *opinion);
/* The names of all that fired, trust signals behind the others: "suspicious_tld,no_spf_record". */
void verifymail_signal_names(struct strbuf *out, const struct verifymail_opinion *opinion);
/* "Domain registered 4 days ago and matches known disposable infrastructure. Blocked." */
void verifymail_summary(struct strbuf *out, const struct verifymail_case *c,
                        const struct verifymail_opinion *opinion);

/* What only the request knows. */
struct verifymail_meta {
    const char *request_id; /* "req_8d4b3e2f1a6c" */
    int64_t checked_us;     /* wall clock, since 1970 */
    int64_t latency_ms;
    bool cached;
    int64_t cache_age_s; /* -1: null */
};
/* A CheckResponse as a value into what is open (`key` NULL in an array), or alone; meta.email as it
 * was sent ("" for a domain check). */
void verifymail_write_check(struct json_out *json, const char *key, const struct verifymail_case *c,
                            const struct verifymail_opinion *opinion,
                            const struct verifymail_meta *meta);
void verifymail_render_check(struct strbuf *out, const struct verifymail_case *c,
                             const struct verifymail_opinion *opinion,
                             const struct verifymail_meta *meta);

/* One check of several, as whoever has them hands them over. */
struct verifymail_row {
    const struct verifymail_case *c;
    const struct verifymail_opinion *opinion;
    const struct verifymail_meta *meta;
};

/* ---- bulk: begin, one row for each in the order of the request, end ---- */

struct verifymail_bulk_summary {
    int64_t total, credits_charged, credits_remaining, elapsed_ms;
};
struct verifymail_bulk {
    struct json_out json;
};
void verifymail_bulk_begin(struct verifymail_bulk *bulk, struct strbuf *out);
void verifymail_bulk_row(struct verifymail_bulk *bulk, const struct verifymail_row *row);
void verifymail_bulk_end(struct verifymail_bulk *bulk,
                         const struct verifymail_bulk_summary *summary);

/* Lines of a stream, each with its line feed. */
void verifymail_render_stream_row(struct strbuf *out, int64_t index,
                                  const struct verifymail_row *row);
void verifymail_render_stream_summary(struct strbuf *out,
                                      const struct verifymail_bulk_summary *summary);

/* ---- later ---- */

/* 202 to POST /check/async; `preliminary` of the standard path. */
void verifymail_render_pending(struct strbuf *out, const struct verifymail_row *preliminary,
                               const char *webhook_url, int64_t estimated_ms);
/* The body of the webhook. */
void verifymail_render_completed(struct strbuf *out, const struct verifymail_row *result);

/* ---- the rest ---- */

/* {"list":"allow","domains":["a.com"]}: begin, each, end; and {"list":"allow","domain":"a.com"}. */
struct verifymail_list {
    struct json_out json;
};
void verifymail_list_begin(struct verifymail_list *list, struct strbuf *out, const char *name);
void verifymail_list_domain(struct verifymail_list *list, const char *domain);
void verifymail_list_end(struct verifymail_list *list);
void verifymail_render_entry(struct strbuf *out, const char *list, const char *domain);

/* 202 to POST /report. */
void verifymail_render_accepted(struct strbuf *out);

struct verifymail_usage {
    int64_t total_checks, checks_this_period;
    int64_t period_start_us;
    int64_t blocks, flags, allows; /* of the period */
    double latency_ms;             /* on average; shown with one decimal */
    double cache_hit_rate;         /* 0..1; two decimals */
    int64_t credits;
};
void verifymail_render_usage(struct strbuf *out, const struct verifymail_usage *usage);

/* GET /status: what is ours, and the reference's names for it (redis: cache, postgres: database).
 */
struct verifymail_health {
    bool database_ok, cache_ok, dns_ok;
    int64_t latency_ms;
};
void verifymail_render_status(struct strbuf *out, const struct verifymail_health *health);
/* GET /health: {"status":"ok"} */
void verifymail_render_alive(struct strbuf *out);

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
    VERIFYMAIL_UNSUPPORTED_TYPE,           /* 415 "unsupported_media_type" */
    VERIFYMAIL_TOO_MANY_REQUESTS,          /* 429 */
    VERIFYMAIL_REPORT_RATE_LIMIT_EXCEEDED, /* 429 */
    VERIFYMAIL_INTERNAL_ERROR,             /* 500 */
    VERIFYMAIL_SERVICE_DEGRADED,           /* 503 */
    VERIFYMAIL_DNS_TIMEOUT,                /* 504 */
    VERIFYMAIL_ERROR_COUNT
};
int verifymail_error_status(enum verifymail_error error);
/* The error of an HTTP status at the boundary: 400 is invalid_request (then 422, the reference has
 * no 400); internal_error for any that is not here. */
enum verifymail_error verifymail_error_of(int status);
const char *verifymail_error_code(enum verifymail_error error); /* "too_many_requests" */
struct verifymail_error_detail {
    const char *message;    /* NULL: the error's own words */
    const char *request_id; /* NULL: null, as docs_url without a base */
    const char *docs_base;  /* "https://verifymailapi.com/docs" */
    int64_t limit;          /* < 0: left out, with reset_at */
    int64_t reset_us;
};
void verifymail_render_error(struct strbuf *out, enum verifymail_error error,
                             const struct verifymail_error_detail *detail);
/* The last line of a stream that ends early, in place of the summary: {"event":"error","error":
 * {...}}. */
void verifymail_render_stream_error(struct strbuf *out, enum verifymail_error error,
                                    const struct verifymail_error_detail *detail);

#endif
