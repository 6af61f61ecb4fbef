/* risk_remember.c - what is written down when a check is over: that it was made, and what was found
 * out about the domain.
 *
 *     counted for the account --> kept of the domain --> learnt of mail hosts --> the janitor
 *
 * An account's checks of one month are counted in one row, so single checks that end while others
 * of the account are being counted are counted together by the next (base/combiner.h).  Those that
 * came as a list are a group of their own.
 *
 * Kept are answers in which DNS has answered; for how long follows what the domain is. */
#include <assert.h>
#include <pthread.h>

#include "app/app_private.h"
#include "app/risk_check.h"
#include "app/risk_parts.h"
#include "app/verifymail_settings.h"
#include "base/combiner.h"
#include "model/risk_codec.h"
#include "store/store_risk.h"
#include "verify/lists.h"

enum { NEW_DAYS = 30 };

static const char what[] = "checks made";

/* ---- counting ---- */

/* The texts live as long as the item and `names`. */
static struct risk_check check_of(uint64_t purse_id, const struct risk_item *item, bool single,
                                  struct strbuf *names)
{
    verifymail_signal_names(names, &item->opinion);
    return (struct risk_check){.purse_id = purse_id,
                               .domain = list_registrable(item->domain),
                               .recommendation = (int)item->opinion.recommendation,
                               .score = item->opinion.score,
                               .signals = strbuf_text(names),
                               .latency_ms = item->ms,
                               .cached = item->cached,
                               .single = single,
                               .trouble = verifymail_is_trouble(&item->opinion)};
}

static enum db_status write_checks(struct app *app, const struct risk_check *checks, size_t count)
{
    struct db *db = app_db_borrow(app);
    if (db == NULL)
        return DB_UNAVAILABLE;
    enum db_status status = store_risk_checks_add(db, checks, count);
    /* Refused: erased meanwhile, and nothing of it is to be left. */
    app_db_return(app, &db, status == DB_REFUSED ? DB_OK : status, what);
    return status;
}

/* A single check that is to be counted. */
struct counted {
    struct risk_check check;
    enum db_status status;
};

static bool count_together(void *const *calls, size_t count, void *arg)
{
    struct risk_check checks[COMBINER_MOST] = {{0}};
    for (size_t i = 0; i < count; i++)
        checks[i] = ((const struct counted *)calls[i])->check;
    enum db_status status = write_checks(arg, checks, count);
    for (size_t i = 0; i < count; i++)
        ((struct counted *)calls[i])->status = status;
    return status != DB_UNAVAILABLE && status != DB_UNCERTAIN;
}

static_assert((int)COMBINER_MOST <= (int)RISK_CHECKS_MAX, "a group is written at once");

static void counter_end(void *part)
{
    struct combiner *counter = part;
    combiner_free(&counter);
}

static struct combiner *counter_of(struct app *app)
{
    pthread_mutex_lock(&app->lock);
    struct combiner *counter = app_part(app, counter_end);
    if (counter == NULL) {
        counter = combiner_new(COMBINER_MOST, count_together, app);
        app_part_add(app, counter, counter_end);
    }
    pthread_mutex_unlock(&app->lock);
    return counter;
}

static enum db_status count_single(struct app *app, uint64_t purse_id, const struct risk_item *item)
{
    struct strbuf names = {0};
    struct counted counted = {.check = check_of(purse_id, item, true, &names),
                              .status = DB_UNAVAILABLE};
    combiner_call(counter_of(app), purse_id, &counted);
    strbuf_free(&names);
    return counted.status;
}

static enum db_status count_list(struct app *app, uint64_t purse_id, const struct risk_item *items,
                                 size_t count)
{
    struct risk_check checks[RISK_CHECKS_MAX] = {{0}};
    struct strbuf names[RISK_CHECKS_MAX] = {{0}};
    for (size_t i = 0; i < count; i++)
        checks[i] = check_of(purse_id, &items[i], false, &names[i]);
    enum db_status status = write_checks(app, checks, count);
    for (size_t i = 0; i < count; i++)
        strbuf_free(&names[i]);
    return status;
}

static enum db_status count_all(struct app *app, uint64_t purse_id, const struct risk_item *items,
                                size_t count)
{
    enum db_status status = DB_OK;
    for (size_t at = 0; at < count && status == DB_OK; at += RISK_CHECKS_MAX) {
        size_t some = count - at < RISK_CHECKS_MAX ? count - at : RISK_CHECKS_MAX;
        status = count_list(app, purse_id, items + at, some);
    }
    return status;
}

/* ---- keeping ---- */

static int64_t keep_ms(const struct risk_item *item)
{
    const struct risk_facts *risk = &item->risk;
    if (item->opinion.recommendation == VERIFYMAIL_BLOCK && !item->opinion.disqualified)
        return verifymail_settings.keep_fraud_ms;
    bool young = risk->age_days == AGE_UNKNOWN || risk->age_days < NEW_DAYS;
    return young ? verifymail_settings.keep_new_ms : verifymail_settings.keep_ms;
}

/* An address that did not speak SMTP just now may be a mail server again in a minute. */
static bool is_passing(const struct risk_item *item)
{
    return item->c.verdict.reason == REASON_NO_MAIL_SERVER && item->facts->smtp_asked;
}

static bool is_worth_keeping(const struct risk_item *item)
{
    return item->asked && !item->dns_timeout && !item->outage && !is_passing(item) &&
           item->domain[0] != '\0' && item->c.path != VERIFYMAIL_FAST && keep_ms(item) >= 1000;
}

static enum db_status keep(struct db *db, const struct risk_item *item)
{
    struct strbuf body = {0};
    risk_encode(item->facts, &item->risk, &body);
    enum db_status status =
        store_risk_kept_put(db, item->domain, body.data, body.len, keep_ms(item) / 1000);
    strbuf_free(&body);
    return status;
}

static enum db_status keep_all(struct app *app, struct db *db, const struct risk_item *items,
                               size_t count)
{
    enum db_status status = DB_OK;
    for (size_t i = 0; i < count && status == DB_OK; i++)
        if (is_worth_keeping(&items[i]))
            status = keep(db, &items[i]);
    if (status == DB_OK)
        status = risk_parts_keep(app, db);
    return status == DB_OK ? risk_janitor(db) : status;
}

void risk_remember(struct app *app, uint64_t purse_id, const struct risk_item *items, size_t count,
                   bool single)
{
    assert(!single || count == 1);
    enum db_status status =
        single ? count_single(app, purse_id, items) : count_all(app, purse_id, items, count);
    struct db *db = status == DB_OK ? app_db_borrow(app) : NULL;
    if (db != NULL)
        app_db_return(app, &db, keep_all(app, db, items, count), "risk checks");
}
