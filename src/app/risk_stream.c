/* risk_stream.c - the window that many checks pass through.
 *
 *     add --> slot --> loop: in flight --> finished --> take
 *
 * Slots are made once, so that the window takes the same memory however many rows pass.  Flights
 * begin and are dropped on the loop's thread: only there is it sure whether one has landed. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_private.h"
#include "app/risk_check_private.h"
#include "app/risk_parts.h"
#include "app/risk_stream.h"
#include "base/threads.h"
#include "base/xalloc.h"

struct slot {
    struct risk_stream *stream;
    struct slot *next; /* free, or finished */
    struct risk_item item;
    struct risk_flight flight;
    struct risk_probe *probe; /* the loop's; NULL: not in flight */
};

struct risk_stream {
    struct app *app;
    const struct risk_terms *terms;
    struct risk_prober *prober;
    size_t at_once, in_hand;
    struct slot *slots, *spare;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot *first, **last; /* finished; under the lock */
};

static void finish(struct slot *slot)
{
    struct risk_stream *stream = slot->stream;
    pthread_mutex_lock(&stream->lock);
    slot->next = NULL;
    *stream->last = slot;
    stream->last = &slot->next;
    pthread_cond_signal(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
}

/* ---- on the loop ---- */

static void landed(struct risk_flight *flight)
{
    struct slot *slot = flight->arg;
    slot->probe = NULL;
    finish(slot);
}

static void on_start(void *arg)
{
    struct slot *slot = arg;
    slot->probe = risk_fly(slot->stream->prober, &slot->flight);
}

static void on_end(void *arg)
{
    struct risk_stream *stream = arg;
    for (size_t i = 0; i < stream->at_once; i++)
        risk_probe_cancel(&stream->slots[i].probe);
}

/* ---- the request's side ---- */

struct risk_stream *risk_stream_new(struct app *app, const struct risk_terms *terms, size_t at_once)
{
    struct risk_prober *prober = app_risk_prober(app);
    if (prober == NULL)
        return NULL;
    struct risk_stream *stream = NEW(struct risk_stream);
    *stream =
        (struct risk_stream){.app = app, .terms = terms, .prober = prober, .at_once = at_once};
    stream->slots = x_calloc(at_once, sizeof(*stream->slots));
    for (size_t i = 0; i < at_once; i++) {
        stream->slots[i].stream = stream;
        stream->slots[i].next = stream->spare;
        stream->spare = &stream->slots[i];
    }
    stream->last = &stream->first;
    pthread_mutex_init(&stream->lock, NULL);
    cond_init(&stream->changed);
    return stream;
}

void risk_stream_free(struct risk_stream **stream)
{
    struct risk_stream *s = *stream;
    if (s == NULL)
        return;
    if (s->in_hand > 0)
        loop_do(s->app->loop, on_end, s);
    for (size_t i = 0; i < s->at_once; i++)
        facts_free(&s->slots[i].item.facts);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s->slots);
    free(s);
    *stream = NULL;
}

size_t risk_stream_room(const struct risk_stream *stream)
{
    return stream->at_once - stream->in_hand;
}

size_t risk_stream_in_hand(const struct risk_stream *stream)
{
    return stream->in_hand;
}

void risk_stream_add(struct risk_stream *stream, struct risk_item *items, size_t count)
{
    assert(count <= risk_stream_room(stream));
    risk_warm(stream->app, items, count);
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = stream->spare;
        stream->spare = slot->next;
        stream->in_hand++;
        slot->item = items[i];
        items[i].facts = NULL;
        slot->flight = (struct risk_flight){stream->terms, &slot->item, landed, slot, 0};
        if (risk_is_open(&slot->item))
            loop_post(stream->app->loop, on_start, slot);
        else
            finish(slot);
    }
}

/* The next that has finished; waits for it.  NULL: none. */
static struct slot *take_finished(struct risk_stream *stream, int64_t wait_ms)
{
    pthread_mutex_lock(&stream->lock);
    if (stream->first == NULL && wait_ms > 0)
        cond_wait_ms(&stream->changed, &stream->lock, wait_ms);
    struct slot *slot = stream->first;
    if (slot != NULL) {
        stream->first = slot->next;
        if (stream->first == NULL)
            stream->last = &stream->first;
    }
    pthread_mutex_unlock(&stream->lock);
    return slot;
}

size_t risk_stream_take(struct risk_stream *stream, struct risk_item *out, size_t most,
                        int64_t wait_ms)
{
    struct slot *slot;
    size_t count = 0;
    while (count < most && (slot = take_finished(stream, count == 0 ? wait_ms : 0)) != NULL) {
        struct risk_item *item = &out[count++];
        *item = slot->item;
        slot->item.facts = NULL;
        slot->next = stream->spare;
        stream->spare = slot;
        stream->in_hand--;
        risk_judge(stream->terms, item);
    }
    return count;
}
