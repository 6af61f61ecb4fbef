#ifndef DIALECT_CASCADE_H
#define DIALECT_CASCADE_H

#include <stddef.h>

#include "base/strbuf.h"
#include "base/json_out.h"
#include "model/dialect_ops.h"
#include "model/facts.h"
#include "model/verdict.h"

/* The cascade voice (reference/cascade.txt): facts and verdict to its statuses, score and JSON.
 * Pure: no I/O, no SQL, no clock. */

/* {"success": true, "result": {...}} in the reference's member order. */
void cascade_render(struct strbuf *out, const struct facts *facts, const struct verdict *verdict,
                    int64_t credits_remaining);
/* {"success": false, "error": ...[, "credits_remaining": n]}; credits < 0: left out. */
void cascade_render_error(struct strbuf *out, const char *error, int64_t credits_remaining);
/* The members of the latter into an object that is open. */
void cascade_write_error(struct json_out *json, const char *error, int64_t credits_remaining);
/* The members of "result" but for the balance, into an object that is open. */
void cascade_write_result(struct json_out *json, const struct facts *facts,
                          const struct verdict *verdict);

/* What it says about lists. */
extern const struct dialect_ops cascade_ops;

enum cascade_status {
    CASCADE_DELIVERABLE,
    CASCADE_LIKELY_VALID,
    CASCADE_UNDELIVERABLE,
    CASCADE_INVALID,
    CASCADE_UNKNOWN,
    CASCADE_STATUS_COUNT
};
extern const char *const cascade_statuses[CASCADE_STATUS_COUNT]; /* as the reference spells them */

/* What this voice makes of facts and verdict. */
enum { CASCADE_FACTORS_MAX = 20 };
struct cascade_opinion {
    const char *status, *detail;              /* static */
    int score;                                /* 1..10 */
    const char *factors[CASCADE_FACTORS_MAX]; /* static: "MX found (+2)", ... */
    size_t factor_count;
};
struct cascade_opinion cascade_opinion_of(const struct facts *facts, const struct verdict *verdict);
int cascade_score(const struct facts *facts, const struct verdict *verdict); /* 1..10 */
int cascade_status_of(const struct facts *facts, const struct verdict *verdict);
const char *cascade_status(const struct facts *facts, const struct verdict *verdict);

#endif
