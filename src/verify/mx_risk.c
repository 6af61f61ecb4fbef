/* mx_risk.c - what a domain's mail hosts say of it, by the lists.
 *
 * mx_disposable.  Any mail host, preferred or not, is one of a known throw-away service, or stands
 * in a domain on the disposable list; a row of the operator's own decides over both.
 * Where a list has the domain itself, hosts in that same domain are no second sign of it: they
 * would make a certainty of what the list holds for likely.
 *
 * mx_legitimate.  All of the most preferred hosts belong to a mail provider with its own abuse
 * desk, and no host is disposable.  Where mail lands if the first host takes it is what counts;
 * whoever names Google's hosts without being its customer gets no mail.  Not every receiving system
 * that has a name in the list is meant: those below take mail for anybody's domain, without a
 * contract or to hand it to a program, and are where throw-away domains live.
 *
 * Wrong: a throw-away domain with a paid mailbox is legitimate by this, an honest one with a server
 * of its own is neither.
 */
#include <string.h>

#include "base/xalloc.h"
#include "verify/domain_risk.h"
#include "verify/lists.h"

/* Titles as in data/vrfy/mx.tsv and data/mx-providers. */
static const char *const not_vouching[] = {
    /* forwards for free, or nearly */
    "Cloudflare Email Routing", "ImprovMX", "Forward Email", "SimpleLogin", "Namecheap",
    /* mail to programs */
    "Amazon SES", "Amazon EC2", "Mailgun", "SendGrid", "Postmark", "Mailchimp Transactional",
    /* networks and hosts for resale: whose mailbox it is cannot be told */
    "Cogent", "Mailhostbox", "MXroute", "Everyone.net", "Carrierzone",
    /* a throw-away service */
    "Mailinator"};

static bool is_vouching(const char *host)
{
    const char *provider = list_provider_by_mx(host);
    for (size_t i = 0; i < COUNT_OF(not_vouching) && provider != NULL; i++)
        if (strcmp(provider, not_vouching[i]) == 0)
            return false;
    return provider != NULL;
}

/* Is what is known of this host known of the domain's own name already? */
static bool is_said(const struct facts *facts, const char *host)
{
    bool named = facts->lists.disposable && !facts->lists.disposable_by_mx;
    return named && strcmp(list_registrable(host), list_registrable(facts->address.domain)) == 0;
}

void domain_risk_of_mx(const struct disposable_rows *own, const struct facts *facts,
                       struct risk_facts *out)
{
    const struct dns_facts *dns = &facts->dns;
    size_t count = dns->null_mx ? 0 : dns->mx_count;
    out->mx_disposable = false;
    out->mx_legitimate = count > 0;
    for (size_t i = 0; i < count; i++) {
        const char *host = dns->mx[i].name;
        bool first = dns->mx[i].preference == dns->mx[0].preference;
        bool disposable = list_disposable_mx(own, host) > 0.0;
        out->mx_disposable = out->mx_disposable || (disposable && !is_said(facts, host));
        out->mx_legitimate = out->mx_legitimate && !disposable && (!first || is_vouching(host));
    }
}
