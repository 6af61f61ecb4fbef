#ifndef APP_STATS_TEXT_H
#define APP_STATS_TEXT_H

#include "base/strbuf.h"
#include "verify/engine_stats.h"

/* The engine's statistics as text.  Pure; appended to `out`. */

/* One object: probes, smtp, pace, dns, facts, operators. */
void stats_text_json(struct strbuf *out, const struct verify_stats *stats,
                     const struct operator_states *operators);

/* Prometheus' text exposition format, version 0.0.4: one family after the other, each with its HELP
 * and TYPE; counters end in _total, times are in seconds; names begin with vrfy_.  `pid` > 0
 * becomes a label of every sample, for where the texts of several processes meet. */
void stats_text_prometheus(struct strbuf *out, const struct verify_stats *stats,
                           const struct operator_states *operators, long pid);

#endif
