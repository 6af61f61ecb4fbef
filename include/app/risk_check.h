#ifndef APP_RISK_CHECK_H
#define APP_RISK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"
#include "dialect/verifymail.h"
#include "store/store_risk.h"

/* Checks of verifymail: what an account has listed, what is kept of a domain, what has to be asked,
 * and what that comes to.  Request threads and workers', never the loop's.  Nothing here charges.
 */

struct risk_item {
    /* The caller's: an address as it was sent, or a domain. */
    const char *text;
    size_t len;
    bool domain_only;
    void *mine; /* for whoever it is of */

    /* Filled by risk_prepare, then risk_run; `facts` are the caller's (risk_items_free). */
    char domain[ADDRESS_DOMAIN_MAX + 1]; /* A-labels; "": it has none */
    enum verifymail_listed listed;
    struct facts *facts;
    struct risk_facts risk;
    struct verifymail_case c;
    struct verifymail_opinion opinion;
    bool cached;
    int64_t cache_age_s;
    int64_t ms;
    bool asked;       /* DNS and the like: it was not decided by lists or syntax, nor kept */
    bool dns_timeout; /* DNS did not answer about the domain */
    bool outage;      /* nobody outside can be asked from here */
};

/* How all of one request are judged. */
struct risk_terms {
    enum verifymail_profile profile;
    enum verifymail_phase phase;
    bool no_deep; /* no mail server, now or from what is kept */
    bool deep;    /* a mail server is asked, whatever is kept or decided */
};
/* The account's phase, and its own profile where it has set one (`vrfy account set-profile`);
 * false, here and below: the database could not be asked (logged). */
bool risk_account_terms(struct app *app, uint64_t purse_id, struct risk_terms *terms);

/* The account's lists, what its store knows, and what is kept of the domains. */
bool risk_prepare(struct app *app, uint64_t purse_id, const struct risk_terms *terms,
                  struct risk_item *items, size_t count);
/* Is it still to be asked about: neither listed nor kept? */
bool risk_is_open(const struct risk_item *item);
/* Asks about those that are still to be asked about, at most RISK_AT_ONCE at a time, and judges
 * all. false: the engine could not be started (logged). */
enum { RISK_AT_ONCE = 10 };
bool risk_run(struct app *app, const struct risk_terms *terms, struct risk_item *items,
              size_t count);
/* Counts them for the account, and keeps what was found out of domains.  `single`: one that came by
 * itself, as at a sign-up.  What goes wrong is logged. */
void risk_remember(struct app *app, uint64_t purse_id, const struct risk_item *items, size_t count,
                   bool single);
void risk_items_free(struct risk_item *items, size_t count);

#endif
