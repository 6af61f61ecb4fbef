#ifndef VERIFY_DOMAIN_RISK_H
#define VERIFY_DOMAIN_RISK_H

#include <stdbool.h>

#include "model/address.h"
#include "model/facts.h"
#include "model/risk_facts.h"

/* What a domain's name and its mail hosts show of it, and what a local part shows.  Pure but for
 * the lists compiled in; any thread. */

/* Fills homograph, non_ascii_domain, generated_domain.  `domain` in A-labels. */
void domain_risk_of_name(const char *domain, struct risk_facts *out);
/* Fills random_local, unusual_local, non_standard_local, impossible_local.  The mail hosts tell
 * whose rules hold where the domain's name does not (hosted domains have rules of their own: none).
 */
void domain_risk_of_local(const struct address *address, struct risk_facts *out);
/* Fills mx_disposable, mx_legitimate; mx_suspicious from the list that is compiled in. */
void domain_risk_of_mx(const struct dns_facts *dns, struct risk_facts *out);

/* A list of TLDs as the operator writes it: "xyz, tk top .click". */
bool tld_is_listed(const char *list, const char *domain);

#endif
