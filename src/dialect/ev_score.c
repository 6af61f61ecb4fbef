/* ev_score.c - the score of the ev voice: what was seen of an address, in points.  Pure.
 *
 * One table.  The points of all that was seen are added, and ev.c holds the sum in the band of the
 * tier.  They are chosen so that the sums of a tier lie in its band by themselves, but for their
 * ends:
 *
 *   deliverable    80 for an accepted recipient at a domain with MX, up to 100
 *   risky          catch-all 55..75, role 59..79, disposable 50..70, recognised 55..75,
 *                  full 42..62; two of them together near 40
 *   undeliverable  0..20 for what a server refused, 8 more for a disabled mailbox; 0 for a dead
 *                  domain
 *   unknown        0 when nothing is known, up to 55 when a server has answered, but not yet
 *
 * Whether the recipient was accepted is the verdict's to say: a domain that is known to accept
 * everything answers from memory, without a reply to this recipient, and scores as it did when it
 * was asked; one that accepts at random has not accepted anything. */
#include "base/xalloc.h"
#include "dialect/ev_private.h"

#define SEEN(name) static bool name(const struct facts *f, const struct verdict *v)

SEEN(mail_server)
{
    (void)v;
    return f->dns.mx_count > 0;
}

SEEN(second_mail_server)
{
    (void)v;
    return f->dns.mx_count > 1;
}

SEEN(spf)
{
    (void)v;
    return f->dns.spf == PRESENCE_YES;
}

SEEN(dmarc)
{
    (void)v;
    return f->dns.dmarc == PRESENCE_YES;
}

SEEN(named_provider)
{
    (void)v;
    return f->lists.provider != NULL;
}

SEEN(connected)
{
    (void)v;
    return f->smtp.connect == CONNECT_OK;
}

SEEN(encrypted)
{
    (void)v;
    return f->smtp.tls;
}

SEEN(sender_accepted)
{
    (void)v;
    return f->smtp.mail_ok;
}

SEEN(recipient_accepted)
{
    (void)f;
    return v->reason == REASON_ACCEPTED || v->reason == REASON_CATCH_ALL;
}

SEEN(catch_all)
{
    (void)f;
    return v->reason == REASON_CATCH_ALL;
}

SEEN(recipient_recognised)
{
    (void)f;
    return v->reason == REASON_RECOGNISED;
}

SEEN(mailbox_full)
{
    (void)f;
    return v->reason == REASON_MAILBOX_FULL;
}

SEEN(deferred)
{
    (void)f;
    return v->reason == REASON_GREYLISTED || v->reason == REASON_RATE_LIMITED ||
           v->reason == REASON_TEMPORARY;
}

SEEN(recipient_refused)
{
    (void)f;
    return v->status == VERDICT_UNDELIVERABLE &&
           (v->reason == REASON_NO_SUCH_MAILBOX || v->reason == REASON_MAILBOX_MOVED ||
            v->reason == REASON_DOMAIN_NOT_HERE);
}

SEEN(mailbox_disabled)
{
    (void)f;
    return v->reason == REASON_MAILBOX_DISABLED;
}

SEEN(real_name)
{
    (void)v;
    return f->lists.real_name;
}

SEEN(gibberish)
{
    (void)v;
    return f->lists.gibberish;
}

SEEN(role)
{
    (void)v;
    return f->lists.role;
}

SEEN(disposable)
{
    (void)v;
    return f->lists.disposable;
}

const struct ev_factor ev_factors[EV_FACTOR_COUNT] = {
    {"mail server", 8, mail_server},               /* the domain has an MX */
    {"second mail server", 3, second_mail_server}, /* more than one */
    {"SPF record", 2, spf},
    {"DMARC record", 2, dmarc},
    {"named provider", 4, named_provider},              /* the MX is one we have a name for */
    {"connected", 8, connected},                        /* a mail server took the connection */
    {"encrypted", 4, encrypted},                        /* and spoke TLS */
    {"sender accepted", 4, sender_accepted},            /* MAIL FROM */
    {"recipient accepted", 60, recipient_accepted},     /* RCPT TO */
    {"catch-all", -25, catch_all},                      /* so is any other recipient */
    {"recipient recognised", 35, recipient_recognised}, /* refused, not as a made-up one */
    {"mailbox full", 22, mailbox_full},                 /* it exists, mail sent now comes back */
    {"deferred", 15, deferred},                         /* greylisting, rate limit, "try later" */
    {"recipient refused", -20, recipient_refused},      /* no such, moved, domain not here */
    {"mailbox disabled", -12, mailbox_disabled},
    {"real name", 5, real_name},  /* the local part looks like a person's */
    {"gibberish", -8, gibberish}, /* or machine-made */
    {"role account", -21, role},  /* info@, admin@ */
    {"disposable domain", -30, disposable},
};

int ev_points_of(const struct facts *facts, const struct verdict *verdict)
{
    int sum = 0;
    for (size_t i = 0; i < COUNT_OF(ev_factors); i++)
        if (ev_factors[i].seen(facts, verdict))
            sum += ev_factors[i].points;
    return sum;
}
