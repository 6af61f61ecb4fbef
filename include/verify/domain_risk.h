#ifndef VERIFY_DOMAIN_RISK_H
#define VERIFY_DOMAIN_RISK_H

#include <stdbool.h>
#include <stddef.h>

#include "model/address.h"
#include "model/facts.h"
#include "model/risk_facts.h"
#include "verify/disposable_rows.h"

/* What a domain's name and its mail hosts show of it, and what a local part shows.  Pure but for
 * the lists compiled in; any thread. */

/* Fills homograph, non_ascii_domain, generated_domain.  `domain` in A-labels. */
void domain_risk_of_name(const char *domain, struct risk_facts *out);
/* Fills random_local, unusual_local, non_standard_local, impossible_local.  A provider's rules hold
 * at its own domains only: a domain hosted there has rules of its own. */
void domain_risk_of_local(const struct address *address, struct risk_facts *out);
/* Fills both, and suspicious_tld, by a list as below.  A domain alone has a local part of ours, if
 * any: nothing is said of it. */
void domain_risk_of_names(const struct address *address, bool domain_only, const char *tlds,
                          struct risk_facts *out);
/* Fills mx_disposable and mx_legitimate from facts whose DNS and lists are filled; `own`: what the
 * operator knows of hosts, may be NULL.  mx_suspicious is learnt: verify/mx_clusters.h. */
void domain_risk_of_mx(const struct disposable_rows *own, const struct facts *facts,
                       struct risk_facts *out);

/* A list of TLDs as the operator writes it: "xyz, tk top .click co.example", in A-labels, any case;
 * the word TLD_LIST_SHIPPED stands for the shipped list (data/vrfy/suspicious_tlds.tsv). */
#define TLD_LIST_SHIPPED "shipped"
bool tld_is_listed(const char *list, const char *domain);
bool tld_list_check(const char *list, char *why, size_t why_size); /* of a setting */

#endif
