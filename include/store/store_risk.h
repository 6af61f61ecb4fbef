#ifndef STORE_STORE_RISK_H
#define STORE_STORE_RISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "model/risk_facts.h"
#include "store/db.h"

/* What an account has listed, reported and checked: domains only, never an address.  Each writing
 * call is a transaction of its own.  Time is the database's.  Domains: A-labels, lower case. */
enum { RISK_DOMAIN_MAX = 253, RISK_NOTES_MAX = 2000, RISK_SIGNALS_MAX = 1024 };

/* ---- lists of one's own ---- */

enum risk_list { RISK_LIST_ALLOW, RISK_LIST_BLOCK, RISK_LIST_COUNT };
/* *added false: it was there.  DB_REFUSED: that list of the account has `most` of them. */
enum db_status store_risk_list_add(struct db *db, uint64_t purse_id, enum risk_list list,
                                   const char *domain, int64_t most, bool *added);
enum db_status store_risk_list_remove(struct db *db, uint64_t purse_id, enum risk_list list,
                                      const char *domain, bool *found);
typedef bool store_risk_domain_fn(const char *domain, void *arg);
enum db_status store_risk_list_read(struct db *db, uint64_t purse_id, enum risk_list list,
                                    store_risk_domain_fn *each, void *arg);
/* Is the domain listed, or one that it is part of, down to its registrable one (which points into
 * it)?  Allow comes before block. */
enum db_status store_risk_listed(struct db *db, uint64_t purse_id, const char *domain,
                                 const char *registrable, enum risk_list *list, bool *listed);

/* ---- reports ---- */

enum risk_outcome { RISK_CONFIRMED_THROWAWAY, RISK_CONFIRMED_LEGITIMATE, RISK_SUSPECTED };
/* An account's newest confirmed report of a domain replaces its older one; a suspicion takes
 * nothing back.  notes: NULL none; cut at RISK_NOTES_MAX, and the local part of what looks like an
 * address, written with any at-sign there is (@, full width, %40, "(at)"), is a star. */
enum db_status store_risk_report(struct db *db, uint64_t purse_id, const char *domain,
                                 enum risk_outcome outcome, const char *notes);
/* How fast an account may report, as store_rate_take; *ahead_us as there.  DB_OK: *taken says. */
enum db_status store_risk_report_take(struct db *db, uint64_t purse_id, int64_t cost_us,
                                      int64_t burst_us, bool *taken, int64_t *ahead_us);

/* ---- a default of one's own ---- */

/* The profile that an account's checks have where they do not name one: a number of the caller's.
 */
enum db_status store_risk_profile_set(struct db *db, uint64_t purse_id, int profile);

struct risk_account {
    int64_t throwaway, legitimate; /* domains of which it has confirmed that */
    int profile;                   /* -1: none is set */
};
enum db_status store_risk_account(struct db *db, uint64_t purse_id, struct risk_account *out);

/* ---- what was checked ---- */

enum risk_recommendation { RISK_ALLOWED, RISK_FLAGGED, RISK_BLOCKED }; /* the dialect's order */
struct risk_check {
    uint64_t purse_id;
    const char *domain; /* registrable; "" when the address had none */
    int recommendation, score;
    const char *signals; /* names, comma-separated; cut at RISK_SIGNALS_MAX */
    int64_t latency_ms;
    bool cached;
    bool single;  /* by itself, as at a sign-up: these make velocity */
    bool trouble; /* others should know of it */
};
enum { RISK_CHECKS_MAX = 100 };
/* Counts them, all or none: as checks (velocity), in the month's usage, as trouble.  DB_REFUSED:
 * the purse has no key any more, and is being erased. */
enum db_status store_risk_check_add(struct db *db, const struct risk_check *check);
/* So many of one purse at once. */
enum db_status store_risk_checks_add(struct db *db, const struct risk_check *checks, size_t count);

/* What our store knows of the registrable domain, for one account: abuse_velocity, cross_customer,
 * own, others; and store_ms.  One statement, whose every part reads a bounded piece of an index.
 *
 * own: the account's newest confirmed report.  cross_customer, others: what other accounts have had
 * or said, never one's own.  others: of the newest RISK_OTHERS_READ accounts that have confirmed
 * anything of the domain, at least RISK_OTHERS_MIN and two thirds of them say the same. */
enum { RISK_OTHERS_MIN = 3, RISK_OTHERS_READ = 100 };
struct risk_limits { /* checks, accounts 0: never */
    int64_t velocity_checks,
        velocity_minutes; /* more single checks of one domain by one account, with this one */
    int64_t cross_accounts, cross_days; /* that many others with trouble */
};
enum db_status store_risk_look(struct db *db, uint64_t purse_id, const char *domain,
                               const struct risk_limits *limits, struct risk_facts *out);

struct risk_usage {
    int64_t total, period, blocks, flags, allows; /* the last four in this month (UTC) */
    double latency_ms, cache_hit_rate;            /* on average in it; 0 without checks */
};
enum db_status store_risk_usage(struct db *db, uint64_t purse_id, struct risk_usage *out);

/* ---- verdicts that are kept, by domain ---- */

/* body: bytes of the caller's, <= 8192. */
enum db_status store_risk_kept_put(struct db *db, const char *domain, const void *body, size_t len,
                                   int64_t keep_s);
enum db_status store_risk_kept_get(struct db *db, const char *domain, struct strbuf *out,
                                   int64_t *age_s, bool *found);
/* Some of what is over; *purged says how many: again until it says 0. */
enum db_status store_risk_purge(struct db *db, uint64_t *purged);
/* Some of the checks, and of the trouble, that are older than so many days; what risk_limits look
 * back for must not be.  Usage and reports stay. */
enum db_status store_risk_purge_checks(struct db *db, int64_t keep_days, uint64_t *purged);

/* All that is known of a purse in the tables of verifymail, stored answers and asynchronous checks
 * included, in small steps; again is harmless.  Its keys have to be revoked before. */
enum db_status store_risk_erase(struct db *db, uint64_t purse_id, uint64_t *erased);

#endif
