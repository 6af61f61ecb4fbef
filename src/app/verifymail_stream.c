/* verifymail_stream.c - POST /check/bulk/stream: one line for each row as soon as it is there.
 *
 *     slice of rows --prepare--> hold a credit each --> window --finished--> lines sent --> settle
 *
 * A row is paid with its own credit, which is held before anybody is asked and charged when its
 * line has been handed to the web server; so nothing is charged that was not sent, and nothing is
 * sent that cannot be paid, whoever goes away when.  (A hold that ran out because the client reads
 * too slowly is charged anew.)  A domain on the account's own list costs nothing.
 *
 * Who cannot pay for all rows at the beginning is told so before the first byte.  What ends a
 * stream early after that (credits that somebody else spent, the database, nobody outside to be
 * asked, our own end) is an error line in place of the summary: the lines before it are true, and
 * paid.  It is not broken off, because what the web server has not passed on yet would be lost with
 * it.
 *
 * Memory: the body, a window of rows, one line. */
#include <stdlib.h>

#include <utlist.h>

#include "account/account.h"
#include "account/teller.h"
#include "app/app_private.h"
#include "app/gate.h"
#include "app/risk_stream.h"
#include "app/verifymail_api.h"
#include "app/verifymail_gate.h"
#include "app/verifymail_private.h"
#include "app/verifymail_settings.h"
#include "base/clock.h"
#include "base/xalloc.h"

enum { ROWS_MAX = 100 * 1000, SLICE = 32, LOOK_MS = 200, ACCOUNT_EVERY_MS = 1000 };

/* A row that has been begun and has not ended. */
struct ticket {
    struct ticket *prev, *next;
    int64_t index;
    bool paid; /* `hold` is open */
    struct hold hold;
};

struct stream {
    struct http_exchange *exchange;
    struct app *app;
    uint64_t purse_id;
    struct risk_terms terms;
    struct http_texts emails;
    size_t begun; /* of the emails */
    struct risk_stream *rows;
    struct ticket *tickets;
    struct risk_item items[SLICE]; /* on their way in, or out */
    struct teller_move moves[SLICE];
    struct strbuf line;
    int64_t charged, left;
    int64_t looked_ms;           /* at the account */
    bool over;                   /* nothing more is to be done: the client is gone */
    enum verifymail_error error; /* why it ends early; VERIFYMAIL_ERROR_COUNT: it does not */
    const char *why;
};

static void fail(struct stream *stream, enum verifymail_error error, const char *why)
{
    if (stream->error != VERIFYMAIL_ERROR_COUNT)
        return;
    stream->error = error;
    stream->why = why;
}

static bool fails(const struct stream *stream)
{
    return stream->error != VERIFYMAIL_ERROR_COUNT;
}

/* Longer than a row takes, and than a write may take. */
static int64_t hold_ms(void)
{
    return verifymail_settings.deadline_ms + http_settings.io_timeout_ms + VERIFYMAIL_HOLD_SLACK_MS;
}

static void move_all(struct stream *stream, size_t count)
{
    teller_move_all(app_teller(stream->app), stream->purse_id, stream->moves, count, hold_ms(),
                    &stream->left);
}

/* ---- tickets ---- */

static void ticket_end(struct stream *stream, struct ticket *ticket)
{
    DL_DELETE(stream->tickets, ticket);
    free(ticket);
}

/* All that are left, with their credits given back. */
static void give_back(struct stream *stream)
{
    while (stream->tickets != NULL) {
        size_t count = 0;
        while (stream->tickets != NULL && count < SLICE) {
            struct ticket *ticket = stream->tickets;
            if (ticket->paid)
                stream->moves[count++] =
                    (struct teller_move){.kind = TELLER_RELEASE, .hold = ticket->hold};
            ticket_end(stream, ticket);
        }
        move_all(stream, count);
    }
}

/* ---- in ---- */

static void take_rows(struct stream *stream, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct http_text email = verifymail_email_of(stream->emails.list[stream->begun + i]);
        stream->items[i] = (struct risk_item){.text = email.text, .len = email.len};
    }
}

/* A credit for each of those that cost one; how many rows, from the first, can be paid. */
static size_t hold_credits(struct stream *stream, size_t count)
{
    size_t held = 0, payable = 0;
    for (size_t i = 0; i < count; i++)
        if (stream->items[i].listed == VERIFYMAIL_NOT_LISTED)
            stream->moves[held++] =
                (struct teller_move){.kind = TELLER_HOLD, .hold.amount = VERIFYMAIL_PRICE};
    move_all(stream, held);
    held = 0;
    for (; payable < count; payable++) {
        bool costs = stream->items[payable].listed == VERIFYMAIL_NOT_LISTED;
        const struct teller_move *move = &stream->moves[held];
        if (costs && move->outcome != TELLER_OK) {
            if (move->outcome == TELLER_NO_CREDIT)
                fail(stream, VERIFYMAIL_QUOTA_EXCEEDED, NULL);
            else
                fail(stream, VERIFYMAIL_SERVICE_DEGRADED, NULL);
            break;
        }
        struct ticket *ticket = NEW(struct ticket);
        ticket->index = (int64_t)(stream->begun + payable);
        ticket->paid = costs;
        if (costs)
            ticket->hold = stream->moves[held++].hold;
        DL_APPEND(stream->tickets, ticket);
        stream->items[payable].mine = ticket;
    }
    return payable;
}

/* Holds beyond the first that failed: none, unless credits came in between. */
static void drop_holds(struct stream *stream, size_t from, size_t count)
{
    size_t wanted = 0;
    for (size_t i = from; i < count; i++)
        if (stream->moves[i].outcome == TELLER_OK) {
            stream->moves[wanted] = stream->moves[i];
            stream->moves[wanted++].kind = TELLER_RELEASE;
        }
    move_all(stream, wanted);
}

static void bring(struct stream *stream)
{
    size_t left = stream->emails.count - stream->begun, count = left < SLICE ? left : SLICE;
    size_t room = risk_stream_room(stream->rows), costly = 0, paid = 0;
    count = count < room ? count : room;
    take_rows(stream, count);
    if (!risk_prepare(stream->app, stream->purse_id, &stream->terms, stream->items, count)) {
        risk_items_free(stream->items, count);
        fail(stream, VERIFYMAIL_SERVICE_DEGRADED, NULL);
        return;
    }
    size_t payable = hold_credits(stream, count);
    for (size_t i = 0; i < count; i++) {
        costly += stream->items[i].listed == VERIFYMAIL_NOT_LISTED;
        paid += stream->items[i].listed == VERIFYMAIL_NOT_LISTED && i < payable;
    }
    drop_holds(stream, paid, costly);
    risk_stream_add(stream->rows, stream->items, payable);
    risk_items_free(stream->items, count);
    stream->begun += payable;
}

/* ---- out ---- */

/* One line, out at once: only then is it known which rows the web server has. */
static bool send_line(struct stream *stream, const struct risk_item *item)
{
    const struct ticket *ticket = item->mine;
    const struct verifymail_meta meta = verifymail_meta_of(stream->exchange, item, item->ms);
    const struct verifymail_row row = {&item->c, &item->opinion, &meta};
    strbuf_clear(&stream->line);
    verifymail_render_stream_row(&stream->line, ticket->index, &row);
    return http_stream_write(stream->exchange, stream->line.data, stream->line.len) &&
           http_stream_flush(stream->exchange);
}

/* What the lines say has been had, so it is paid, if need be without a hold. */
static void settle(struct stream *stream, size_t count)
{
    size_t paid = 0, again = 0;
    for (size_t i = 0; i < count; i++) {
        struct ticket *ticket = stream->items[i].mine;
        if (ticket->paid)
            stream->moves[paid++] =
                (struct teller_move){.kind = TELLER_SETTLE,
                                     .hold = ticket->hold,
                                     .result = verifymail_result_of(&stream->items[i])};
        ticket_end(stream, ticket);
    }
    move_all(stream, paid);
    for (size_t i = 0; i < paid; i++)
        if (stream->moves[i].outcome == TELLER_GONE) {
            stream->moves[again] = stream->moves[i];
            stream->moves[again].kind = TELLER_CHARGE;
            stream->moves[again++].hold.amount = VERIFYMAIL_PRICE;
        } else if (stream->moves[i].outcome == TELLER_OK) {
            stream->charged += VERIFYMAIL_PRICE;
        } else {
            fail(stream, VERIFYMAIL_SERVICE_DEGRADED, NULL);
        }
    move_all(stream, again);
    for (size_t i = 0; i < again; i++)
        if (stream->moves[i].outcome == TELLER_OK)
            stream->charged += VERIFYMAIL_PRICE;
        else
            fail(stream, VERIFYMAIL_QUOTA_EXCEEDED, NULL);
}

/* Rows that have finished; those of our own failure stay behind, unpaid. */
static void send_rows(struct stream *stream, size_t count)
{
    size_t good = 0;
    for (size_t i = 0; i < count; i++) {
        struct risk_item swap = stream->items[i];
        if (swap.outage) {
            fail(stream, VERIFYMAIL_SERVICE_DEGRADED,
                 swap.dns_timeout ? "No name can be resolved from here."
                                  : "No mail server outside can be reached from here.");
            continue;
        }
        stream->items[i] = stream->items[good];
        stream->items[good] = swap;
        stream->items[good].c.risk = &stream->items[good].risk;
        good++;
    }
    size_t sent = 0;
    while (sent < good && send_line(stream, &stream->items[sent]))
        sent++;
    stream->over = sent < good;
    settle(stream, sent);
    if (sent > 0)
        risk_remember(stream->app, stream->purse_id, stream->items, sent, false);
    risk_items_free(stream->items, count);
}

/* A stream outlives key_cache by far: whoever has no key any more is served no more rows. */
static void look_at_account(struct stream *stream)
{
    int64_t now_ms = clock_mono_ms();
    if (now_ms - stream->looked_ms < ACCOUNT_EVERY_MS)
        return;
    stream->looked_ms = now_ms;
    if (!account_is_open(app_db(stream->app), stream->purse_id))
        fail(stream, VERIFYMAIL_SERVICE_DEGRADED, "The account is closed, or cannot be read.");
}

/* What may wait is done while nothing is: rows are begun as long as there is room, and what is
 * ready meanwhile is sent between two slices. */
static void run(struct stream *stream)
{
    while (!stream->over) {
        bool more = stream->begun < stream->emails.count && !fails(stream);
        size_t room = risk_stream_room(stream->rows), in_hand = risk_stream_in_hand(stream->rows);
        bool brings = more && (room >= SLICE || in_hand == 0 || room >= in_hand);
        if (!more && in_hand == 0)
            return;
        if (atomic_load(&stream->app->stopping))
            fail(stream, VERIFYMAIL_SERVICE_DEGRADED, "The service is being restarted.");
        look_at_account(stream);
        if (fails(stream) && stream->error != VERIFYMAIL_QUOTA_EXCEEDED)
            return;
        if (brings)
            bring(stream);
        size_t count = risk_stream_take(stream->rows, stream->items, SLICE, brings ? 0 : LOOK_MS);
        if (count > 0)
            send_rows(stream, count);
    }
}

/* ---- the answer ---- */

/* true: all rows can be paid now.  Holds that ran out only show when they are looked for. */
static enum verifymail_error can_pay(struct stream *stream)
{
    struct teller *teller = app_teller(stream->app);
    int64_t credits = (int64_t)stream->emails.count * VERIFYMAIL_PRICE;
    struct hold hold;
    enum teller_result held;
    stream->left = account_available(app_db(stream->app), stream->purse_id);
    if (stream->left < 0)
        return VERIFYMAIL_SERVICE_DEGRADED;
    if (stream->left >= credits)
        return VERIFYMAIL_ERROR_COUNT;
    held = teller_hold(teller, stream->purse_id, credits, hold_ms(), &hold, NULL);
    if (held == TELLER_OK)
        teller_release(teller, &hold, &stream->left);
    return verifymail_unpaid(held);
}

static void last_line(struct stream *stream)
{
    const struct verifymail_bulk_summary summary = {
        .total = (int64_t)stream->emails.count,
        .credits_charged = stream->charged,
        .credits_remaining = stream->left,
        .elapsed_ms = clock_mono_ms() - stream->exchange->request->begun_ms};
    const struct verifymail_error_detail detail = {.message = stream->why,
                                                   .request_id =
                                                       verifymail_request_id(stream->exchange),
                                                   .docs_base = verifymail_settings.docs_url,
                                                   .limit = -1};
    strbuf_clear(&stream->line);
    if (fails(stream))
        verifymail_render_stream_error(&stream->line, stream->error, &detail);
    else
        verifymail_render_stream_summary(&stream->line, &summary);
    http_stream_write(stream->exchange, stream->line.data, stream->line.len);
}

static void answer(struct stream *stream)
{
    stream->exchange->response->status = 200;
    stream->exchange->response->content_type = "application/x-ndjson";
    stream->over = !http_stream_begin(stream->exchange);
    run(stream);
    risk_stream_free(&stream->rows);
    give_back(stream);
    if (!stream->over)
        last_line(stream);
}

void verifymail_stream_handle(struct http_exchange *exchange)
{
    struct http_texts emails;
    struct risk_terms terms;
    if (!verifymail_read_emails(exchange, ROWS_MAX, &emails) ||
        !verifymail_read_terms(exchange, &terms))
        return;
    struct stream *stream = NEW(struct stream);
    stream->exchange = exchange;
    stream->app = exchange->context;
    stream->purse_id = gate_caller(exchange)->purse_id;
    stream->terms = terms;
    stream->emails = emails;
    stream->error = VERIFYMAIL_ERROR_COUNT;
    enum verifymail_error error = can_pay(stream);
    if (error == VERIFYMAIL_ERROR_COUNT) {
        stream->rows = risk_stream_new(stream->app, &stream->terms,
                                       (size_t)verifymail_settings.stream_at_once);
        error = stream->rows == NULL ? VERIFYMAIL_SERVICE_DEGRADED : error;
    }
    if (error == VERIFYMAIL_ERROR_COUNT)
        answer(stream);
    else
        verifymail_answer_error(exchange, error, NULL);
    strbuf_free(&stream->line);
    free(stream);
}
