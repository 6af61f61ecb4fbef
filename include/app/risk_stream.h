#ifndef APP_RISK_STREAM_H
#define APP_RISK_STREAM_H

#include "app/risk_check.h"

/* Checks of any number of rows through a window: so many are in flight, and each is handed over as
 * soon as it has finished.  One request thread; the order is that of finishing. */
struct risk_stream;

/* `terms` must outlive it.  NULL: the engine could not be started (logged). */
struct risk_stream *risk_stream_new(struct app *app, const struct risk_terms *terms,
                                    size_t at_once);
/* What is in flight is dropped.  NULL-safe, nulls. */
void risk_stream_free(struct risk_stream **stream);

size_t risk_stream_room(const struct risk_stream *stream);    /* rows that may be added now */
size_t risk_stream_in_hand(const struct risk_stream *stream); /* added, and not taken yet */
/* Rows as risk_prepare left them; their facts become the stream's, their texts must stay. */
void risk_stream_add(struct risk_stream *stream, struct risk_item *items, size_t count);
/* Up to `most` that have finished, judged, in that order; the facts are the caller's
 * (risk_items_free).  Waits up to wait_ms for the first. */
size_t risk_stream_take(struct risk_stream *stream, struct risk_item *out, size_t most,
                        int64_t wait_ms);

#endif
