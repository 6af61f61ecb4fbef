#ifndef STORE_STORE_RISK_H
#define STORE_STORE_RISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "model/risk_facts.h"
#include "store/db.h"

/* What an account has listed, reported and checked: domains only, never an address.  Each writing
 * call is one transaction of its own unless it says otherwise.  Time is the database's. */
enum { RISK_DOMAIN_MAX = 253, RISK_NOTES_MAX = 2000, RISK_SIGNALS_MAX = 1024 };

/* ---- lists of one's own ---- */

enum risk_list { RISK_LIST_ALLOW, RISK_LIST_BLOCK, RISK_LIST_COUNT };
/* *added false: it was there.  DB_REFUSED: the account has `most` of them. */
enum db_status store_risk_list_add(struct db *db, uint64_t purse_id, enum risk_list list,
                                   const char *domain, int64_t most, bool *added);
enum db_status store_risk_list_remove(struct db *db, uint64_t purse_id, enum risk_list list,
                                      const char *domain, bool *found);
typedef bool store_risk_domain_fn(const char *domain, void *arg);
enum db_status store_risk_list_read(struct db *db, uint64_t purse_id, enum risk_list list,
                                    store_risk_domain_fn *each, void *arg);
/* All entries of a purse change this number; a cache of them asks for it. */
enum db_status store_risk_list_version(struct db *db, uint64_t purse_id, int64_t *version);

/* ---- reports ---- */

enum risk_outcome { RISK_CONFIRMED_THROWAWAY, RISK_CONFIRMED_LEGITIMATE, RISK_SUSPECTED };
enum db_status store_risk_report(struct db *db, uint64_t purse_id, const char *domain,
                                 enum risk_outcome outcome, const char *notes);
/* Confirmed outcomes of the purse: how many of each kind. */
enum db_status store_risk_confirmed(struct db *db, uint64_t purse_id, int64_t *throwaway,
                                    int64_t *legitimate);

/* ---- what was checked ---- */

struct risk_check {
    uint64_t purse_id;
    const char *domain; /* "" when the address had none */
    int recommendation, score;
    const char *signals; /* names, comma-separated */
    int64_t latency_ms;
    bool cached;
};
/* Inside a caller's transaction, or alone. */
enum db_status store_risk_check_add(struct db *db, const struct risk_check *check);

/* What our store knows of the domain, for one account: abuse_velocity, cross_customer, own, others.
 */
struct risk_limits {
    int64_t velocity_checks,
        velocity_minutes;               /* more checks of one domain by one account than that */
    int64_t cross_accounts, cross_days; /* that many accounts with a blocked check or a report */
};
enum db_status store_risk_look(struct db *db, uint64_t purse_id, const char *domain,
                               const struct risk_limits *limits, struct risk_facts *out);

struct risk_usage {
    int64_t total, period, blocks, flags, allows; /* the last four in this month (UTC) */
    double latency_ms, cache_hit_rate;
};
enum db_status store_risk_usage(struct db *db, uint64_t purse_id, struct risk_usage *out);

/* ---- verdicts that are kept, by domain ---- */

/* body: bytes of the caller's, <= 8192. */
enum db_status store_risk_kept_put(struct db *db, const char *domain, const void *body, size_t len,
                                   int64_t keep_s);
enum db_status store_risk_kept_get(struct db *db, const char *domain, struct strbuf *out,
                                   int64_t *age_s, bool *found);
/* Some of what is over; *purged says how many. */
enum db_status store_risk_purge(struct db *db, uint64_t *purged);

#endif
