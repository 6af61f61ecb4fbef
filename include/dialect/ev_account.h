#ifndef DIALECT_EV_ACCOUNT_H
#define DIALECT_EV_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "dialect/ev.h"

/* Answers about jobs, account and plans (reference/ev.txt).  Pure: no I/O, no SQL, no clock. */

/* 202 to POST /verify/bulk; the status it tells is "processing". */
void ev_render_created(struct strbuf *out, const char *id, int64_t total);

struct ev_job {
    const char *id;     /* a UUID */
    const char *status; /* "queued", "processing", "completed", "failed" */
    int64_t total;
    int64_t counts[EV_TIER_COUNT]; /* their sum is "completed" */
    int64_t created_us;            /* wall clock, since 1970 */
};
/* GET /jobs/{id}; "unknown" stands behind the reference's three counts. */
void ev_render_job(struct strbuf *out, const struct ev_job *job);

/* GET /jobs/{id}/results: begin, one ev_page_result for each, end. */
struct ev_page {
    struct json_out json;
};
void ev_page_begin(struct ev_page *page, struct strbuf *out, const char *id, int64_t number,
                   int64_t limit, int64_t total);
void ev_page_result(struct ev_page *page, const struct facts *facts, const struct verdict *verdict);
void ev_page_end(struct ev_page *page);

struct ev_plan {
    const char *id, *name;
    int64_t price_cents, rate_limit, included, overage_micros; /* 0 micros: null, a hard cap */
};
/* GET /plans: {"plans":[...]}. */
void ev_render_plans(struct strbuf *out, const struct ev_plan *plans, size_t count);

struct ev_account {
    struct ev_plan plan;
    int month; /* 202605: "2026-05" */
    int64_t used, included, remaining, overage;
};
void ev_render_account(struct strbuf *out, const struct ev_account *account);

#endif
