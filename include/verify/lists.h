#ifndef VERIFY_LISTS_H
#define VERIFY_LISTS_H

#include <stdbool.h>

#include "model/facts.h"

/* Membership in the shipped lists.  They are compiled into the program as sorted text (mapped, not
 * parsed): a look-up is a binary search, start-up costs nothing.  Thread-safe, no state.
 *
 * Of what is disposable the operator knows more (verify/disposable_rows.h); `own` may be NULL. */
struct disposable_rows;

/* Disposable: the domain itself, any parent down to the registrable domain (libpsl).  How sure that
 * is, 0.70 to 1.0; 0.0: it is not, as far as the lists know. */
double list_disposable(const struct disposable_rows *own, const char *domain);
/* Free: public mail services (gmail.com, gmx.de, ...), by exact domain or registrable domain. */
bool list_free_provider(const char *domain);
/* Known: the well-known ones among them (public domain table + large services). */
bool list_known_provider(const char *domain);
/* Role accounts: RFC 2142 names and a reviewed short list; any case, sub-address (+tag) ignored. */
bool list_role(const char *local_plain);
/* Receiving system by MX host name ("Google Workspace", "Microsoft 365", ...); NULL when unknown.
 */
const char *list_provider_by_mx(const char *mx_host);
/* MX host of a known throw-away mail service, as above. */
double list_disposable_mx(const struct disposable_rows *own, const char *mx_host);
/* Registrable domain ("co.uk" rules); the domain itself when it has none.  Points into `domain`. */
const char *list_registrable(const char *domain);
/* Does a registry register names below it ("co.uk", "com")?  Those that companies offer of their
 * own accord are not meant. */
bool list_public_suffix(const char *domain);

/* Fills the address-derived members of *out (everything but provider). */
void lists_of_address(const struct disposable_rows *own, const struct address *address,
                      struct list_facts *out);
/* And what the mail hosts add: provider, disposable_by_mx. */
void lists_of_mx(const struct disposable_rows *own, const struct dns_facts *dns,
                 struct list_facts *out);

#endif
