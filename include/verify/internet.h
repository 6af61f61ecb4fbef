#ifndef VERIFY_INTERNET_H
#define VERIFY_INTERNET_H

#include "base/strbuf.h"
#include "dns/resolver.h"
#include "smtp/smtp_session.h"

/* Which internet these settings ask: "<dns.servers>|<smtp.port>|<smtp.allow_networks>", appended.
 * What is learnt of one (paces, facts) must not be used for another: a test's simulated one has
 * operators of the same names.  Everybody who calls pace_open calls this. */
void internet_describe(struct strbuf *out, const struct smtp_settings *smtp,
                       const struct dns_settings *dns);

#endif
