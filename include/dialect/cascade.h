#ifndef DIALECT_CASCADE_H
#define DIALECT_CASCADE_H

#include "base/strbuf.h"
#include "model/facts.h"
#include "model/verdict.h"

/* The cascade voice (reference/cascade.txt): facts and verdict to its statuses, score and JSON.
 * Pure: no I/O, no SQL, no clock. */

/* {"success": true, "result": {...}} in the reference's member order. */
void cascade_render(struct strbuf *out, const struct facts *facts, const struct verdict *verdict,
                    int64_t credits_remaining);
/* {"success": false, "error": ...[, "credits_remaining": n]}; credits < 0: left out. */
void cascade_render_error(struct strbuf *out, const char *error, int64_t credits_remaining);
int cascade_score(const struct facts *facts, const struct verdict *verdict); /* 1..10 */
const char *cascade_status(const struct facts *facts, const struct verdict *verdict);

#endif
