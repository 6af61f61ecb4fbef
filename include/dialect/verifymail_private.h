#ifndef DIALECT_VERIFYMAIL_PRIVATE_H
#define DIALECT_VERIFYMAIL_PRIVATE_H

#include "dialect/verifymail.h"

/* Between the files of the verifymail voice.  Pure. */

/* How a signal counts. */
enum verifymail_kind {
    VERIFYMAIL_LISTED,        /* by the account itself: it alone decides */
    VERIFYMAIL_DISQUALIFIER,  /* it alone, the first that fires: score 100, block */
    VERIFYMAIL_STRONG,        /* its weight */
    VERIFYMAIL_CORROBORATING, /* its weight, more with others: 1.0, 1.3, 1.6, 1.9 */
    VERIFYMAIL_PLAIN,         /* its weight among the corroborating, but it does not compound */
    VERIFYMAIL_TRUST,         /* its weight, which is negative */
};

/* The reference's own column. */
enum verifymail_category {
    VERIFYMAIL_STRUCTURAL,
    VERIFYMAIL_DOMAIN,
    VERIFYMAIL_BLOCKLIST,
    VERIFYMAIL_SMTP,
    VERIFYMAIL_INFRA,
    VERIFYMAIL_BEHAV,
    VERIFYMAIL_TRUSTED, /* "trust" */
    VERIFYMAIL_CATEGORY_COUNT
};
extern const char *const verifymail_categories[VERIFYMAIL_CATEGORY_COUNT];

/* One row of the registry (src/dialect/verifymail_signals.c). */
struct verifymail_rule {
    const char *name;
    int weight;
    enum verifymail_kind kind;
    enum verifymail_category category;
    bool (*fires)(const struct verifymail_case *c);
    /* "Domain", "matches known disposable infrastructure": what a summary says; '#' stands for the
     * domain's age.  NULL of trust signals, which no summary names. */
    const char *subject, *clause;
};
enum { VERIFYMAIL_RULE_COUNT = 40 };
extern const struct verifymail_rule verifymail_rules[VERIFYMAIL_RULE_COUNT];
const struct verifymail_rule *verifymail_rule_of(const char *name); /* NULL: there is none */

/* What is known of catch-all. */
enum verifymail_catch_all {
    VERIFYMAIL_CATCH_ALL_UNTOLD,    /* nobody asked, or nobody answered */
    VERIFYMAIL_CATCH_ALL_SUSPECTED, /* it took this recipient, and did not say about another */
    VERIFYMAIL_CATCH_ALL_CONFIRMED, /* it took a made-up recipient */
    VERIFYMAIL_CATCH_ALL_CLEARED,   /* it refused one */
    VERIFYMAIL_CATCH_ALL_COUNT
};
enum verifymail_catch_all verifymail_catch_all_of(const struct verifymail_case *c);

/* Questions that signals and answers share. */
bool verifymail_age_known(const struct verifymail_case *c);
bool verifymail_dns_failed(const struct verifymail_case *c); /* asked, and not answered at all */
bool verifymail_disposable(const struct verifymail_case *c); /* by its name, not by its MX */
bool verifymail_receives(const struct verifymail_case *c);   /* nothing says that it does not */
bool verifymail_fired(const struct verifymail_opinion *opinion, const char *name);
bool verifymail_legitimate_catch_all(const struct verifymail_opinion *opinion);

#endif
