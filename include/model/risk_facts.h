#ifndef MODEL_RISK_FACTS_H
#define MODEL_RISK_FACTS_H

#include <stdbool.h>
#include <stdint.h>

/* What scoring the risk of a sign-up needs beyond facts.h: what the name itself shows, who
 * registered the domain and when, what mail hosts have in common with others', and what our own
 * store has seen of the domain.  Plain values without an opinion; each member says who fills it. */

enum { AGE_UNKNOWN = -1 };

/* How a domain was reported, by one account or by all others together. */
enum reported {
    REPORTED_NOT,
    REPORTED_THROWAWAY,
    REPORTED_LEGITIMATE,
};

struct risk_facts {
    /* ---- by the domain's name (verify/domain_risk.h) ---- */
    bool homograph; /* letters of another script, or a mix of scripts, that look like Latin */
    bool non_ascii_domain; /* an IDN; also true for a homograph */
    bool generated_domain; /* the registrable label looks machine-made */
    bool suspicious_tld;   /* on the operator's list */

    /* ---- by the local part (verify/local_risk.h) ---- */
    bool random_local;       /* machine-made: high entropy, few vowels, no separators */
    bool unusual_local;      /* !#$%'*=/?^`{|}~ or quoted */
    bool non_standard_local; /* not of RFC 5321's ASCII: UTF-8 */
    bool impossible_local;   /* a major provider's sign-up form would refuse it */

    /* ---- by RDAP (rdap/rdap.h) ---- */
    bool age_asked;
    int age_days; /* since the registration; AGE_UNKNOWN: not asked, or nobody would tell */
    bool bulk_registrar;
    int64_t rdap_ms;

    /* ---- by its mail hosts (verify/mx_risk.h) ---- */
    bool mx_disposable; /* a host of a known disposable service */
    bool mx_suspicious; /* the same hosts as confirmed disposable domains */
    bool mx_legitimate; /* Google Workspace, Microsoft 365 and the like */

    /* ---- by our own store (store/store_risk.h) ---- */
    bool abuse_velocity; /* this account sees more of the domain than is usual */
    bool cross_customer; /* several accounts have had trouble with it */
    enum reported own, others;
    int64_t store_ms;
};

#endif
