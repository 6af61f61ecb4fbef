/* store_risk.c - what accounts say of domains: their lists, and their reports.
 *
 * Whoever changes either locks the purse's row of risk_purse first, so that a list's size and
 * the counts of reports follow from what is there.  That row is not the purse: nobody
 * who changes lists waits for money.
 *
 * A report is the account's newest word on a domain, so the same one again changes nothing, and a
 * replay after a lost answer is the same one again. */
#include <assert.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/notes_mask.h"
#include "store/store_rate.h"
#include "store/store_risk.h"

/* Makes the row when there is none, and locks it. */
static enum db_status risk_purse_lock(struct db *db, uint64_t purse_id)
{
    const struct db_param params[] = {DB_UINT(purse_id)};
    return db_exec(db,
                   "INSERT INTO risk_purse"
                   " (purse_id, throwaway, legitimate, report_tat)"
                   " VALUES (?, 0, 0, 0) ON DUPLICATE KEY UPDATE purse_id = purse_id",
                   params, COUNT_OF(params), NULL);
}

/* ---- lists of one's own ---- */

struct entry {
    uint64_t purse_id;
    enum risk_list list;
    const char *domain;
    int64_t most;
    bool changed; /* by any of the tries */
};

static enum db_status list_size(struct db *db, const struct entry *entry, int64_t *size)
{
    const struct db_param params[] = {DB_UINT(entry->purse_id), DB_INT(entry->list)};
    return db_query(db, "SELECT COUNT(*) FROM risk_list WHERE purse_id = ? AND list = ?", params,
                    COUNT_OF(params), db_take_int, size);
}

static enum db_status list_add(struct db *db, void *arg)
{
    struct entry *entry = arg;
    const struct db_param params[] = {DB_UINT(entry->purse_id), DB_INT(entry->list),
                                      DB_TEXT(entry->domain)};
    uint64_t changed = 0;
    int64_t size = 0;
    enum db_status status = risk_purse_lock(db, entry->purse_id);
    if (status == DB_OK)
        status = db_exec(db,
                         "INSERT INTO risk_list (purse_id, list, domain, added)"
                         " VALUES (?, ?, ?, UTC_TIMESTAMP(6))"
                         " ON DUPLICATE KEY UPDATE domain = risk_list.domain",
                         params, COUNT_OF(params), &changed);
    if (status == DB_OK && changed > 0)
        status = list_size(db, entry, &size);
    if (status != DB_OK || changed == 0)
        return status;
    entry->changed = true;
    return size > entry->most ? DB_REFUSED : DB_OK;
}

enum db_status store_risk_list_add(struct db *db, uint64_t purse_id, enum risk_list list,
                                   const char *domain, int64_t most, bool *added)
{
    assert(list < RISK_LIST_COUNT && strlen(domain) <= RISK_DOMAIN_MAX);
    struct entry entry = {purse_id, list, domain, most, false};
    enum db_status status = db_transaction(db, list_add, &entry);
    *added = status == DB_OK && entry.changed;
    return status;
}

static enum db_status list_remove(struct db *db, void *arg)
{
    struct entry *entry = arg;
    const struct db_param params[] = {DB_UINT(entry->purse_id), DB_INT(entry->list),
                                      DB_TEXT(entry->domain)};
    uint64_t changed = 0;
    enum db_status status = risk_purse_lock(db, entry->purse_id);
    if (status == DB_OK)
        status = db_exec(db, "DELETE FROM risk_list WHERE purse_id = ? AND list = ? AND domain = ?",
                         params, COUNT_OF(params), &changed);
    entry->changed = entry->changed || changed > 0;
    return status;
}

enum db_status store_risk_list_remove(struct db *db, uint64_t purse_id, enum risk_list list,
                                      const char *domain, bool *found)
{
    struct entry entry = {purse_id, list, domain, 0, false};
    enum db_status status = db_transaction(db, list_remove, &entry);
    *found = status == DB_OK && entry.changed;
    return status;
}

struct reader {
    store_risk_domain_fn *each;
    void *arg;
};

static bool take_domain(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    const struct reader *reader = arg;
    return reader->each(values[0].data, reader->arg);
}

enum db_status store_risk_list_read(struct db *db, uint64_t purse_id, enum risk_list list,
                                    store_risk_domain_fn *each, void *arg)
{
    const struct db_param params[] = {DB_UINT(purse_id), DB_INT(list)};
    struct reader reader = {each, arg};
    return db_query(db,
                    "SELECT domain FROM risk_list WHERE purse_id = ? AND list = ? ORDER BY domain",
                    params, COUNT_OF(params), take_domain, &reader);
}

/* ---- reports ---- */

struct report {
    uint64_t purse_id;
    const char *domain;
    enum risk_outcome outcome;
    struct strbuf notes;
    int64_t was; /* the newest confirmed outcome before; -1: none */
};

/* The row is nobody else's: its purse is locked. */
static enum db_status report_before(struct db *db, struct report *report)
{
    const struct db_param params[] = {DB_UINT(report->purse_id), DB_TEXT(report->domain)};
    report->was = -1;
    return db_query(db,
                    "SELECT COALESCE(confirmed, -1) FROM risk_report"
                    " WHERE purse_id = ? AND domain = ?",
                    params, COUNT_OF(params), db_take_int, &report->was);
}

static enum db_status report_put(struct db *db, const struct report *report)
{
    bool confirmed = report->outcome != RISK_SUSPECTED;
    const struct db_param params[] = {DB_UINT(report->purse_id),
                                      DB_TEXT(report->domain),
                                      confirmed ? DB_INT(report->outcome) : DB_NULL,
                                      DB_INT(confirmed),
                                      DB_INT(confirmed),
                                      DB_BYTES(strbuf_text(&report->notes), report->notes.len)};
    return db_exec(db,
                   "INSERT INTO risk_report"
                   " (purse_id, domain, confirmed, confirmed_at, suspected_at, notes)"
                   " VALUES (?, ?, ?, IF(?, UTC_TIMESTAMP(6), NULL),"
                   " IF(?, NULL, UTC_TIMESTAMP(6)), ?)"
                   " ON DUPLICATE KEY UPDATE confirmed = COALESCE(VALUES(confirmed), confirmed),"
                   " confirmed_at = COALESCE(VALUES(confirmed_at), confirmed_at),"
                   " suspected_at = COALESCE(VALUES(suspected_at), suspected_at),"
                   " notes = VALUES(notes)",
                   params, COUNT_OF(params), NULL);
}

/* The counts follow: one more of what it is now, one less of what it was. */
static enum db_status report_count(struct db *db, const struct report *report)
{
    int throwaway =
        (report->outcome == RISK_CONFIRMED_THROWAWAY) - (report->was == RISK_CONFIRMED_THROWAWAY);
    int legitimate =
        (report->outcome == RISK_CONFIRMED_LEGITIMATE) - (report->was == RISK_CONFIRMED_LEGITIMATE);
    const struct db_param params[] = {DB_INT(throwaway), DB_INT(legitimate),
                                      DB_UINT(report->purse_id)};
    return db_exec(db,
                   "UPDATE risk_purse SET throwaway = throwaway + ?, legitimate = legitimate + ?"
                   " WHERE purse_id = ?",
                   params, COUNT_OF(params), NULL);
}

/* It was no trouble after all.  That it was is no trouble either: what reports do to others is
 * bounded, and trouble would do more. */
static enum db_status trouble_forget(struct db *db, const struct report *report)
{
    const struct db_param params[] = {DB_TEXT(report->domain), DB_UINT(report->purse_id)};
    if (report->outcome != RISK_CONFIRMED_LEGITIMATE)
        return DB_OK;
    return db_exec(db, "DELETE FROM risk_trouble WHERE domain = ? AND purse_id = ?", params,
                   COUNT_OF(params), NULL);
}

static enum db_status report_run(struct db *db, void *arg)
{
    struct report *report = arg;
    enum db_status status = risk_purse_lock(db, report->purse_id);
    if (status == DB_OK)
        status = report_before(db, report);
    if (status == DB_OK)
        status = report_put(db, report);
    if (status != DB_OK || report->outcome == RISK_SUSPECTED)
        return status;
    if (report->was != (int64_t)report->outcome)
        status = report_count(db, report);
    return status == DB_OK ? trouble_forget(db, report) : status;
}

enum db_status store_risk_report(struct db *db, uint64_t purse_id, const char *domain,
                                 enum risk_outcome outcome, const char *notes)
{
    assert(outcome <= RISK_SUSPECTED && strlen(domain) <= RISK_DOMAIN_MAX);
    struct report report = {.purse_id = purse_id, .domain = domain, .outcome = outcome};
    notes_mask(&report.notes, notes, RISK_NOTES_MAX);
    enum db_status status = db_transaction(db, report_run, &report);
    strbuf_free(&report.notes);
    return status;
}

struct rate {
    uint64_t purse_id;
    struct rate_take take;
};

static enum db_status rate_run(struct db *db, void *arg)
{
    struct rate *rate = arg;
    enum db_status status = risk_purse_lock(db, rate->purse_id);
    if (status == DB_OK)
        status = store_rate_take_by(db, RATE_TAKE("risk_purse", "report_tat", "purse_id"),
                                    rate->purse_id, &rate->take);
    return status;
}

enum db_status store_risk_report_take(struct db *db, uint64_t purse_id, int64_t cost_us,
                                      int64_t burst_us, bool *taken, int64_t *ahead_us)
{
    struct rate rate = {.purse_id = purse_id,
                        .take = {.cost_us = cost_us, .burst_us = burst_us, .wanted = 1}};
    enum db_status status = db_transaction(db, rate_run, &rate);
    *taken = status == DB_OK && rate.take.taken == 1;
    *ahead_us = rate.take.ahead_us;
    return status;
}

/* Allow is the first of them. */
static bool listed_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    int64_t *found = arg, list = db_value_int(&values[0]);
    *found = list < *found ? list : *found;
    return true;
}

/* Three names and the last of all: hardly a domain has more.  *at goes behind the three. */
static enum db_status listed_look(struct db *db, uint64_t purse_id, const char **at,
                                  const char *last, int64_t *found)
{
    struct db_param params[] = {DB_UINT(purse_id), DB_TEXT(*at), DB_TEXT(last), DB_TEXT(last),
                                DB_TEXT(last)};
    for (size_t i = 1; i < COUNT_OF(params) - 1 && *at < last; i++) {
        params[i] = DB_TEXT(*at);
        const char *dot = strchr(*at, '.');
        *at = dot != NULL && dot < last ? dot + 1 : last;
    }
    return db_query(db,
                    "SELECT list FROM risk_list WHERE purse_id = ?"
                    " AND list IN (0, 1) AND domain IN (?, ?, ?, ?) ORDER BY list LIMIT 1",
                    params, COUNT_OF(params), listed_found, found);
}

enum db_status store_risk_listed(struct db *db, uint64_t purse_id, const char *domain,
                                 const char *registrable, enum risk_list *list, bool *listed)
{
    int64_t found = RISK_LIST_COUNT;
    const char *at = domain;
    assert(registrable >= domain && registrable <= domain + strlen(domain));
    enum db_status status = DB_OK;
    do
        status = listed_look(db, purse_id, &at, registrable, &found);
    while (status == DB_OK && at < registrable && found != RISK_LIST_ALLOW);
    *listed = status == DB_OK && found < RISK_LIST_COUNT;
    if (*listed)
        *list = (enum risk_list)found;
    return status;
}

/* ---- a default of one's own ---- */

struct profile {
    uint64_t purse_id;
    int number;
};

static enum db_status profile_put(struct db *db, void *arg)
{
    const struct profile *profile = arg;
    const struct db_param params[] = {DB_UINT(profile->purse_id), DB_INT(profile->number)};
    return db_exec(db,
                   "INSERT INTO risk_profile (purse_id, profile) VALUES (?, ?)"
                   " ON DUPLICATE KEY UPDATE profile = VALUES(profile)",
                   params, COUNT_OF(params), NULL);
}

enum db_status store_risk_profile_set(struct db *db, uint64_t purse_id, int profile)
{
    struct profile row = {purse_id, profile};
    return db_transaction(db, profile_put, &row);
}

/* ---- all of it that a check is judged by ---- */

static bool take_account(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    *(struct risk_account *)arg = (struct risk_account){.throwaway = db_value_int(&values[0]),
                                                        .legitimate = db_value_int(&values[1]),
                                                        .profile = (int)db_value_int(&values[2])};
    return false;
}

enum db_status store_risk_account(struct db *db, uint64_t purse_id, struct risk_account *out)
{
    const struct db_param params[] = {DB_UINT(purse_id)};
    *out = (struct risk_account){0, 0, -1};
    return db_query(db,
                    "SELECT COALESCE(p.throwaway, 0), COALESCE(p.legitimate, 0),"
                    " COALESCE(f.profile, -1) FROM (SELECT ? AS id) w"
                    " LEFT JOIN risk_purse p ON p.purse_id = w.id"
                    " LEFT JOIN risk_profile f ON f.purse_id = w.id",
                    params, COUNT_OF(params), take_account, out);
}
