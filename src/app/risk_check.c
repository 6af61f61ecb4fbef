/* risk_check.c - checks of verifymail, from the account's lists to an opinion.
 *
 *     lists of its own --> what is kept of the domain --> asked --> judged --> remembered
 *
 * A domain that the account has listed is not asked about at all.  What is kept of a domain is what
 * was found out about it with whoever's address (DNS, age, whether it takes everything), never what
 * its server said of a mailbox, nor what an account's store says: that is looked at anew each time,
 * as is what the names and mail hosts show.
 *
 * So what is kept answers again only where another question could add nothing: the domain is
 * blocked as it is, for this profile and phase; it has no mail host; its server was asked, and
 * takes everything or is asked about no mailbox now.  A server that tells mailboxes apart is asked
 * about each; without that, the second answer about an address that does not exist would be another
 * than the first.
 *
 * What is remembered is in risk_remember.c. */
#include <stdlib.h>
#include <string.h>

#include "app/app_private.h"
#include "app/fact_store.h"
#include "app/risk_check_private.h"
#include "app/risk_parts.h"
#include "app/verifymail_settings.h"
#include "base/clock.h"
#include "base/threads.h"
#include "base/xalloc.h"
#include "model/risk_codec.h"
#include "store/store_risk.h"
#include "verify/domain_risk.h"
#include "verify/judge.h"
#include "verify/lists.h"
#include "verify/mx_clusters.h"
#include "verify/syntax.h"

enum {
    CALIBRATED_CONFIRMED = 200,
    CALIBRATED_OF_EACH = 30,
    DAY_S = 24 * 3600,
    MINUTE_MS = 60 * 1000,
};

static const char what[] = "risk checks";

/* ---- what is in the database ---- */

bool risk_account_terms(struct app *app, uint64_t purse_id, struct risk_terms *terms)
{
    struct risk_account account;
    struct db *db = app_db_borrow(app);
    if (db == NULL)
        return false;
    enum db_status status = store_risk_account(db, purse_id, &account);
    bool enough = account.throwaway + account.legitimate >= CALIBRATED_CONFIRMED &&
                  account.throwaway >= CALIBRATED_OF_EACH &&
                  account.legitimate >= CALIBRATED_OF_EACH;
    terms->phase = enough ? VERIFYMAIL_CALIBRATED : VERIFYMAIL_BOOTSTRAP;
    if (account.profile >= 0 && account.profile < VERIFYMAIL_PROFILE_COUNT)
        terms->profile = (enum verifymail_profile)account.profile;
    return app_db_return(app, &db, status, what);
}

/* The domain of what was sent; "" of what is no address. */
static void find_domain(struct risk_item *item)
{
    struct address address;
    if (!item->domain_only) {
        address_parse(item->text, item->len, &address);
        memcpy(item->domain, address.domain, sizeof(item->domain));
    } else if (!mail_domain_to_ascii(item->text, item->len, item->domain)) {
        item->domain[0] = '\0';
    }
}

/* The names and lists of this very address, the rest as it is kept of its domain. */
static struct facts *join_kept(struct verify_engine *engine, const struct risk_terms *terms,
                               const struct risk_item *item, const struct facts *kept)
{
    struct strbuf text = {0};
    if (item->domain_only)
        strbuf_adds(&text, "x@");
    strbuf_add(&text, item->text, item->len);
    const struct verify_request offline = {
        .input = strbuf_text(&text), .input_len = text.len, .depth = VERIFY_OFFLINE};
    struct facts *facts = verify_known(engine, &offline);
    strbuf_free(&text);
    dns_facts_copy(facts->arena, &facts->dns, &kept->dns);
    facts->dns_asked = kept->dns_asked;
    if (!terms->no_deep) {
        smtp_facts_copy(facts->arena, &facts->smtp, &kept->smtp);
        facts->smtp_asked = kept->smtp_asked;
    }
    facts->from_cache = true;
    lists_of_mx(verify_disposable_rows(engine), &facts->dns, &facts->lists);
    return facts;
}

/* What all items of a request are looked at with. */
struct asked_with {
    struct verify_engine *engine;
    struct mx_clusters *clusters;
    const struct risk_terms *terms;
    uint64_t purse_id;
    struct risk_limits limits;
};

static struct verifymail_case case_of(const struct risk_terms *terms, const struct risk_item *item,
                                      const struct facts *facts, const struct risk_facts *risk)
{
    return (struct verifymail_case){.facts = facts,
                                    .risk = risk,
                                    .verdict = verdict_of(facts),
                                    .listed = item->listed,
                                    .profile = terms->profile,
                                    .phase = terms->phase,
                                    .path = VERIFYMAIL_STANDARD,
                                    .domain_only = item->domain_only};
}

static struct verifymail_opinion opinion_of(const struct risk_terms *terms,
                                            const struct risk_item *item, const struct facts *facts,
                                            const struct risk_facts *risk)
{
    const struct verifymail_case c = case_of(terms, item, facts, risk);
    return verifymail_judge(&c);
}

/* Could nothing be added by asking?  See the head of this file. */
static bool is_enough(const struct risk_terms *terms, const struct risk_item *item,
                      const struct facts *facts, const struct risk_facts *risk)
{
    const struct verifymail_opinion opinion = opinion_of(terms, item, facts, risk);
    if (!dns_facts_has_host(&facts->dns) || verifymail_is_decided(&opinion))
        return true;
    if (!facts->smtp_asked)
        return terms->no_deep;
    return item->domain_only || facts->smtp.policy == SERVER_POLICY_ACCEPT_ALL;
}

static void take_kept(struct risk_item *item, struct facts *facts, const struct risk_facts *risk,
                      int64_t age_s)
{
    item->facts = facts;
    item->risk = *risk;
    item->cached = true;
    item->cache_age_s = age_s;
}

static enum db_status read_kept(struct db *db, const struct asked_with *with,
                                struct risk_item *item)
{
    struct strbuf body = {0};
    struct risk_facts risk = item->risk;
    bool found = false;
    int64_t age_s = 0;
    enum db_status status = store_risk_kept_get(db, item->domain, &body, &age_s, &found);
    struct facts *kept =
        status == DB_OK && found ? risk_decode(strbuf_text(&body), body.len, &risk) : NULL;
    strbuf_free(&body);
    if (kept == NULL)
        return status;
    struct facts *facts = join_kept(with->engine, with->terms, item, kept);
    if (risk.age_days >= 0)
        risk.age_days += (int)(age_s / DAY_S);
    domain_risk_of_mx(verify_disposable_rows(with->engine), facts, &risk);
    risk.mx_suspicious = mx_clusters_is_shared(with->clusters, item->domain, &facts->dns);
    domain_risk_of_names(&facts->address, item->domain_only, verifymail_settings.suspicious_tlds,
                         &risk);
    facts_free(&kept);
    if (is_enough(with->terms, item, facts, &risk))
        take_kept(item, facts, &risk, age_s);
    else
        facts_free(&facts);
    return status;
}

static enum db_status prepare_one(struct db *db, const struct asked_with *with,
                                  struct risk_item *item)
{
    bool listed = false;
    enum risk_list list = RISK_LIST_ALLOW;
    enum db_status status = store_risk_listed(db, with->purse_id, item->domain,
                                              list_registrable(item->domain), &list, &listed);
    if (status != DB_OK)
        return status;
    if (listed) {
        item->listed = list == RISK_LIST_ALLOW ? VERIFYMAIL_ALLOW_LISTED : VERIFYMAIL_BLOCK_LISTED;
        return DB_OK;
    }
    status = store_risk_look(db, with->purse_id, list_registrable(item->domain), &with->limits,
                             &item->risk);
    /* Many sign-ups with a public mail service are no sign of anything. */
    if (list_free_provider(item->domain))
        item->risk.abuse_velocity = item->risk.cross_customer = false;
    return status == DB_OK && !with->terms->deep ? read_kept(db, with, item) : status;
}

bool risk_prepare(struct app *app, uint64_t purse_id, const struct risk_terms *terms,
                  struct risk_item *items, size_t count)
{
    const struct asked_with with = {
        .engine = app_engine(app),
        .clusters = app_mx_clusters(app),
        .terms = terms,
        .purse_id = purse_id,
        .limits = {.velocity_checks = verifymail_settings.velocity_checks,
                   .velocity_minutes = verifymail_settings.velocity_window_ms / MINUTE_MS,
                   .cross_accounts = verifymail_settings.cross_accounts,
                   .cross_days = verifymail_settings.cross_days}};
    struct db *db = with.engine != NULL ? app_db_borrow(app) : NULL;
    enum db_status status = DB_OK;
    if (db == NULL)
        return false;
    for (size_t i = 0; i < count && status == DB_OK; i++) {
        items[i].risk.age_days = AGE_UNKNOWN;
        find_domain(&items[i]);
        if (items[i].domain[0] != '\0')
            status = prepare_one(db, &with, &items[i]);
    }
    return app_db_return(app, &db, status, what);
}

/* ---- asking ---- */

bool risk_is_open(const struct risk_item *item)
{
    return item->facts == NULL && item->listed == VERIFYMAIL_NOT_LISTED;
}

/* By its name alone only what is disqualified: what DNS and the registry have to say for a domain
 * may be more than what its name says against it. */
static bool is_decided(const struct facts *facts, const struct risk_facts *risk,
                       enum risk_stage stage, void *arg)
{
    const struct risk_flight *flight = arg;
    const struct verifymail_opinion opinion = opinion_of(flight->terms, flight->item, facts, risk);
    return stage == RISK_FAST ? opinion.disqualified : verifymail_is_decided(&opinion);
}

static void on_found(struct risk_found *found, void *arg)
{
    static const enum verifymail_path paths[] = {[RISK_FAST] = VERIFYMAIL_FAST,
                                                 [RISK_STANDARD] = VERIFYMAIL_STANDARD,
                                                 [RISK_DEEP] = VERIFYMAIL_DEEP};
    struct risk_flight *flight = arg;
    flight->item->facts = found->facts;
    flight->item->risk = found->risk;
    flight->item->c.path = paths[found->stage];
    flight->item->ms = clock_mono_ms() - flight->begun_ms;
    flight->landed(flight);
}

struct risk_probe *risk_fly(struct risk_prober *prober, struct risk_flight *flight)
{
    struct risk_item *item = flight->item;
    const struct risk_request request = {.input = item->text,
                                         .input_len = item->len,
                                         .domain_only = item->domain_only,
                                         .deadline_ms = verifymail_settings.deadline_ms,
                                         .known = item->risk,
                                         .no_deep = flight->terms->no_deep,
                                         .decided = flight->terms->deep ? NULL : is_decided,
                                         .decided_arg = flight};
    item->asked = true;
    flight->begun_ms = clock_mono_ms();
    return risk_probe_start(prober, &request, on_found, flight);
}

void risk_judge(const struct risk_terms *terms, struct risk_item *item)
{
    enum verifymail_path path = item->c.path;
    if (item->facts == NULL) { /* listed: nobody was asked */
        item->facts = facts_new();
        item->facts->input = facts_printable(item->facts->arena, item->text, item->len);
        address_parse(item->text, item->len, &item->facts->address);
    }
    item->c = case_of(terms, item, item->facts, &item->risk);
    item->c.path = item->asked               ? path
                   : !item->cached           ? VERIFYMAIL_FAST
                   : item->facts->smtp_asked ? VERIFYMAIL_DEEP
                                             : VERIFYMAIL_STANDARD;
    item->opinion = verifymail_judge(&item->c);
    item->outage = item->asked && item->c.verdict.reason == REASON_OUR_FAILURE;
    item->dns_timeout =
        item->asked && item->facts->dns_asked && !dns_status_is_answer(item->facts->dns.mx_status);
}

void risk_warm(struct app *app, const struct risk_item *items, size_t count)
{
    const char **domains = x_calloc(count, sizeof(*domains));
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++)
        if (risk_is_open(&items[i]))
            domains[wanted++] = items[i].domain;
    fact_store_warm_domains(app, domains, wanted);
    free(domains);
}

/* ---- all of them ---- */

struct run {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t under_way;
};

static void landed(struct risk_flight *flight)
{
    struct run *run = flight->arg;
    pthread_mutex_lock(&run->lock);
    run->under_way--;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

/* Until at most so many are under way; then that many more. */
static void wait_until(struct run *run, size_t most, size_t more)
{
    pthread_mutex_lock(&run->lock);
    while (run->under_way > most)
        pthread_cond_wait(&run->changed, &run->lock);
    run->under_way += more;
    pthread_mutex_unlock(&run->lock);
}

bool risk_run(struct app *app, const struct risk_terms *terms, struct risk_item *items,
              size_t count)
{
    struct risk_prober *prober = app_risk_prober(app);
    struct run run = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    if (prober == NULL)
        return false;
    struct risk_flight *flights = x_calloc(count, sizeof(*flights));
    int64_t begun_ms = clock_mono_ms();
    risk_warm(app, items, count);
    for (size_t i = 0; i < count; i++) {
        if (!risk_is_open(&items[i]))
            continue;
        wait_until(&run, RISK_AT_ONCE - 1, 1);
        flights[i] = (struct risk_flight){terms, &items[i], landed, &run, 0};
        risk_fly(prober, &flights[i]);
    }
    wait_until(&run, 0, 0);
    for (size_t i = 0; i < count; i++) {
        risk_judge(terms, &items[i]);
        if (!items[i].asked)
            items[i].ms = clock_mono_ms() - begun_ms;
    }
    free(flights);
    return true;
}

void risk_items_free(struct risk_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        facts_free(&items[i].facts);
}
