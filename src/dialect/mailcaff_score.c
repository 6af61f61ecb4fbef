/* mailcaff_score.c - the score of the mailcaff voice: what was seen of an address, in points.
 * Pure.
 *
 * One table.  mailcaff.c has a base for each meaning, adds the points of all that was seen and
 * holds the sum in the meaning's band.  A plain address at a domain in order has lost nothing: 100,
 * the reference's own example; what is not known costs nothing either.  Likelihood moves most where
 * the server's word says least: at a domain that accepts everything.
 *
 * An invalid address and an error have no points: nothing could speak for or against them. */
#include "base/xalloc.h"
#include "dialect/mailcaff_private.h"

#define SEEN(name) \
    static bool name(const struct facts *f, const struct verdict *v, enum mailcaff_mode mode)

SEEN(real_name)
{
    (void)v;
    (void)mode;
    return f->lists.real_name;
}

SEEN(known_provider)
{
    (void)v;
    (void)mode;
    return f->lists.known_provider;
}

SEEN(gibberish)
{
    (void)v;
    (void)mode;
    return f->lists.gibberish;
}

SEEN(role)
{
    (void)v;
    (void)mode;
    return f->lists.role;
}

/* Its domain is its own mail host (RFC 5321 5.1). */
SEEN(implicit_mx)
{
    (void)v;
    (void)mode;
    return f->dns.implicit_mx;
}

SEEN(no_policy)
{
    (void)v;
    (void)mode;
    return f->dns.spf == PRESENCE_NO || f->dns.dmarc == PRESENCE_NO;
}

SEEN(block_listed)
{
    (void)v;
    (void)mode;
    return f->dns.block_listed == PRESENCE_YES;
}

SEEN(spam_trap)
{
    (void)v;
    (void)mode;
    return f->lists.spam_trap;
}

SEEN(reached)
{
    (void)v;
    return mode == MAILCAFF_QUICK ? mailcaff_has_mx(f) : mailcaff_connected(f, mode);
}

SEEN(accepted)
{
    return mailcaff_accepted(f, v, mode);
}

#define POINTS(valid, risky, unknown, disposable)                                               \
    {                                                                                           \
        [MAILCAFF_VALID] = (valid), [MAILCAFF_RISKY] = (risky), [MAILCAFF_UNKNOWN] = (unknown), \
        [MAILCAFF_DISPOSABLE] = (disposable)                                                    \
    }

const struct mailcaff_factor mailcaff_factors[MAILCAFF_FACTOR_COUNT] = {
    /* valid, risky, unknown, disposable */
    {"real name", real_name, POINTS(0, 10, 0, 0)},          /* looks like a person's */
    {"known provider", known_provider, POINTS(0, 4, 0, 0)}, /* a well-known public mail service */
    {"gibberish", gibberish, POINTS(-5, -10, 0, -2)},       /* looks machine-made */
    {"role account", role, POINTS(-3, -5, 0, 0)},           /* info@, admin@ */
    {"no MX record", implicit_mx, POINTS(-2, -2, 0, 0)},    /* but an address that takes mail */
    {"no SPF or DMARC record", no_policy, POINTS(-1, -1, 0, 0)},
    {"domain block-listed", block_listed, POINTS(-5, -5, 0, -2)}, /* on a list of the operator's */
    {"spam trap", spam_trap, POINTS(0, 0, 0, -10)},
    {"mail server reached", reached, POINTS(0, 0, 5, 0)}, /* quick: MX records exist */
    {"recipient accepted", accepted, POINTS(0, 0, 0, 5)},
};

int mailcaff_points_of(const struct facts *facts, const struct verdict *verdict,
                       enum mailcaff_mode mode, enum mailcaff_status status)
{
    int sum = 0;
    for (size_t i = 0; i < COUNT_OF(mailcaff_factors); i++)
        if (mailcaff_factors[i].seen(facts, verdict, mode))
            sum += mailcaff_factors[i].points[status];
    return sum;
}
