#ifndef DIALECT_MAILCAFF_H
#define DIALECT_MAILCAFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_out.h"
#include "base/strbuf.h"
#include "model/dialect_ops.h"
#include "model/facts.h"
#include "model/verdict.h"

/* The mailcaff voice (reference/mailcaff.txt): facts and verdict to its statuses, scores and JSON.
 * Pure: no I/O, no SQL, no clock. */

/* ---- verify ---- */

enum mailcaff_status {
    MAILCAFF_VALID,      /* score 90..100 */
    MAILCAFF_INVALID,    /* 5..10 */
    MAILCAFF_RISKY,      /* 40..85; 75 and more: likely deliverable, below 50: likely not */
    MAILCAFF_UNKNOWN,    /* 40..45 */
    MAILCAFF_DISPOSABLE, /* 0..10 */
    MAILCAFF_ERROR,      /* 0: nobody came back from asking about it */
    MAILCAFF_STATUS_COUNT
};
extern const char *const mailcaff_statuses[MAILCAFF_STATUS_COUNT]; /* "valid", ... */

enum mailcaff_mode {
    MAILCAFF_POWER,
    MAILCAFF_QUICK, /* no mail server is asked: never valid or risky */
    MAILCAFF_MODE_COUNT
};
extern const char *const mailcaff_modes[MAILCAFF_MODE_COUNT]; /* "power", "quick" */

struct mailcaff_opinion {
    enum mailcaff_status status;
    int score;
};
struct mailcaff_opinion mailcaff_opinion_of(const struct facts *facts,
                                            const struct verdict *verdict, enum mailcaff_mode mode);
/* In power mode, as lists are asked; for ops and the ledger. */
int mailcaff_status_of(const struct facts *facts, const struct verdict *verdict);
int mailcaff_score(const struct facts *facts, const struct verdict *verdict);
int mailcaff_quick_score(const struct facts *facts, const struct verdict *verdict);

/* The answer to POST /verify; its members into an object that is open, as bulk results have them.
 */
void mailcaff_render(struct strbuf *out, const struct facts *facts, const struct verdict *verdict,
                     enum mailcaff_mode mode, int64_t response_ms);
void mailcaff_write_result(struct json_out *json, const struct facts *facts,
                           const struct verdict *verdict, enum mailcaff_mode mode,
                           int64_t response_ms);

/* ---- find ---- */

/* Statuses of a list of leads. */
enum mailcaff_find_status {
    MAILCAFF_FOUND,
    MAILCAFF_NOT_FOUND, /* for a reason */
    MAILCAFF_UNTOLD,    /* "unknown": nobody could be asked */
    MAILCAFF_FIND_STATUS_COUNT
};
extern const char *const mailcaff_find_statuses[MAILCAFF_FIND_STATUS_COUNT];

int mailcaff_find_status_of(const struct facts *facts, const struct verdict *verdict);
/* 100, 60, 30 by confidence; 0 when nothing was found. */
int mailcaff_find_score(const struct facts *facts, const struct verdict *verdict);
/* The answer to POST /find, by facts->found (`source` is "cache" when facts->cached). */
void mailcaff_render_find(struct strbuf *out, const struct facts *facts, int64_t response_ms);

/* ---- find-domain ---- */

struct mailcaff_domain {
    const char *company; /* as asked */
    const char *domain;  /* NULL: none */
    bool has_mx, has_website;
    const char *confidence; /* "high", "medium", "low"; NULL: none */
    int checked;
    bool failed; /* none was found, and some could not be asked about: status "error" */
};
void mailcaff_render_domain(struct strbuf *out, const struct mailcaff_domain *domain,
                            int64_t response_ms);

/* ---- lists ---- */

/* Two kinds of lists, each with its own statuses; "mailcaff" and "mailcaff-find" in the database.
 * job_type in webhooks is "verify" or "find". */
extern const struct dialect_ops mailcaff_ops;
extern const struct dialect_ops mailcaff_find_ops;

/* 202 to POST /verify/bulk and /find/bulk. */
void mailcaff_render_created(struct strbuf *out, const char *id, int64_t total);

/* GET /verify/bulk/{id} and /find/bulk/{id}: begin, one row for each result, end. */
struct mailcaff_job {
    const char *id;
    const char *status; /* "processing", "completed", "failed" */
    int64_t total, processed;
    int64_t counts[DIALECT_STATUS_MAX]; /* by status */
};
struct mailcaff_page {
    struct json_out json;
};
/* With valid_count, invalid_count, risky_count, disposable_count, unknown_count (errors are
 * counted there). */
void mailcaff_verify_page_begin(struct mailcaff_page *page, struct strbuf *out,
                                const struct mailcaff_job *job);
void mailcaff_verify_page_row(struct mailcaff_page *page, const struct facts *facts,
                              const struct verdict *verdict);
/* With found_count. */
void mailcaff_find_page_begin(struct mailcaff_page *page, struct strbuf *out,
                              const struct mailcaff_job *job);
/* A lead's names and domain as they were sent; behind the reference's members stand confidence,
 * pattern, source and, when nothing was found, reason. */
void mailcaff_find_page_row(struct mailcaff_page *page, const char *first, const char *last,
                            const char *domain, const struct facts *facts);
void mailcaff_page_end(struct mailcaff_page *page);

/* ---- errors: {"error": "..."} ---- */

void mailcaff_render_error(struct strbuf *out, const char *why);
/* 429 {"error":"Monthly limit exceeded","monthly_limit":...,"monthly_used":...,"resets_at":...} */
void mailcaff_render_limit(struct strbuf *out, int64_t limit, int64_t used, const char *resets_at);
/* 503, with "retry_after" in seconds. */
void mailcaff_render_maintenance(struct strbuf *out, int64_t retry_after_s);

#endif
