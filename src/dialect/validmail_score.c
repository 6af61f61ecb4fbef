/* validmail_score.c - the numbers of the validmail voice: a domain's reputation, and what the facts
 * add to the base score that a verdict's reason has (validmail.c).
 *
 * Both are sums over a table, so that each line can be explained to a customer.  A fact that is
 * unknown counts as not seen: it neither earns nor costs anything.  Facts with everything in order
 * at a domain that is nobody's public mail service have reputation 85 and, with a mailbox that was
 * confirmed and named like a person, score 95: the reference's own example.
 *
 * Reputation is of the domain alone.  Clean answers of block lists earn nothing, for without lists
 * configured nobody could reach the top.  A domain that does not exist, and an address without a
 * domain, have none: 0. */
#include "base/xalloc.h"
#include "dialect/validmail_private.h"

struct line {
    bool seen;
    int points;
};

static int sum_of(const struct line *lines, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++)
        if (lines[i].seen)
            sum += lines[i].points;
    return sum;
}

static bool domain_is_real(const struct facts *facts)
{
    return facts->address.error == ADDRESS_OK && facts->dns.mx_status != DNS_NXDOMAIN;
}

int validmail_reputation(const struct facts *f)
{
    const struct line lines[] = {
        {true, 40},                                 /* a domain that is not known to be none */
        {f->dns.mx_count > 0, 15},                  /* MX records */
        {f->dns.mx_count > 1, 5},                   /* more than one */
        {f->dns.spf == PRESENCE_YES, 10},           /* SPF record */
        {f->dns.dmarc == PRESENCE_YES, 10},         /* DMARC record */
        {f->dns.a_record == PRESENCE_YES, 5},       /* a web site could be there */
        {f->lists.known_provider, 15},              /* a well-known public mail service */
        {f->dns.null_mx, -40},                      /* says that it takes no mail */
        {f->lists.disposable, -50},                 /* throw-away addresses */
        {f->dns.block_listed == PRESENCE_YES, -65}, /* on a block list of the operator's */
    };
    int sum = domain_is_real(f) ? sum_of(lines, COUNT_OF(lines)) : 0;
    return sum < 0 ? 0 : sum;
}

int validmail_points(const struct facts *f, int base)
{
    const struct line lines[] = {
        {true, base},                               /* what the verdict's reason is worth */
        {true, (validmail_reputation(f) - 50) / 5}, /* -10..10 */
        {f->lists.real_name, 3},                    /* looks like a person's name */
        {f->lists.role, -5},                        /* role-based address */
        {f->lists.gibberish, -5},                   /* looks machine-made */
        {f->lists.disposable, -20},                 /* throw-away address */
        {f->dns.block_listed == PRESENCE_YES, -20}, /* domain on a block list */
        {f->lists.spam_trap, -60},                  /* known spam trap */
    };
    return sum_of(lines, COUNT_OF(lines));
}
