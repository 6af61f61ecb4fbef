/* local_risk.c - what a local part shows of whoever signs up with it.
 *
 * random_local.  Another question than that of localpart_gibberish about the same local part
 * (facts.h, lists.gibberish): that asks "is this nobody's name?" and moves a score of
 * deliverability; this asks "did a program draw it?" (drawn.c).  So it leaves out what hands make
 * (keyboard walks, aaaaaa), what has a separator, what is shorter than RANDOM_MIN, what looks like
 * a person's name, and few characters again and again.
 *
 * Measured by tests/unit/test_local_risk.c, on names of our lists with seeds that no tuning had:
 *
 *     found: [a-z0-9]{10} 92.2 %, longer 96.2 %; [a-z]{10,16} 93.0 %, [a-z]{8} 69.7 %, and with two
 *     figures behind 68.0 %, [a-z]{6}[0-9]{4} 53.0 %; 12 hexadecimal figures 94.1 %, 16 99.3 %
 *     false: student numbers 0; one to three initials in front of a surname, two behind it, with
 *     two figures or a year or without, johnsmith with and without: at most 0.1 %; john85smith
 *     0.9 %; labelled local parts 0 of 511
 *
 * And once on 2,522 surnames of people in Debian's changelogs that our lists lack, from which the
 * letters' order was not learnt: 0.6 % with two initials in front, 0.4 % behind, 0.7 and 1.0 % with
 * two figures more, 1.0 % with three initials, 0.6 % johnsmith; and 9 of the 844 local parts there
 * that have eight characters or more and no separator, of which three are random.
 * Wrong: Apple's and other relays' addresses are random indeed, and their owners honest; random
 * syllables (bokafuza) pass.
 *
 * unusual_local.  !#$%'*=/?^`{|}~ anywhere, or quotes.  The apostrophe is among them because the
 * reference (VerifyMail's registry) names it, although o'brien is a name; & and + are not, for the
 * same reason.
 *
 * non_standard_local.  Not of RFC 5321's ASCII.
 *
 * impossible_local.  A table of what providers' forms let through.  An address that exists must
 * never be called impossible, so a row holds only what was true at all times, for staff too: no
 * least length anywhere (short names were given to staff and to the first who came), no first
 * character (old Yahoo and Hotmail names begin with figures), no number of dots.  The rules of
 * today's forms are stricter.  A sub-address (+tag) is the owner's to choose and not looked at.
 *
 *  - Gmail, by Google's help page "Create a username" (answer 9211434): letters, figures, dots; 6
 * to 30 characters.  Dots do not count, since j.o.h.n reaches john.  Sure.
 *  - Yahoo, by the descriptions of senders (2008 to 2014) and its partner Nokia's help page:
 * letters, figures, '_', one '.', 4 to 32 characters; more hyphens in old accounts, and one in
 * disposable addresses (base-keyword), whose length nobody states: those may be of any.  Fairly
 * sure; Yahoo Japan is another company with rules of its own, and is left out.
 *  - Microsoft's consumer domains, by the same descriptions: letters, figures, '.', '-', '_', up to
 *    64.  Fairly sure; msn.com had forms of its own (there are addresses with '&') and is left out.
 */
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "verify/domain_risk.h"
#include "verify/drawn.h"
#include "verify/letters.h"
#include "verify/lists.h"
#include "verify/localpart.h"
#include "verify/piece.h"

enum {
    RANDOM_MIN = 8,      /* characters */
    DISTINCT_OF_TEN = 5, /* so many of ten characters are different ones, */
    DISTINCT_ENOUGH = 6, /* or so many at all: an alphabet has an end */
};

/* ---- random ---- */

static size_t distinct_of(const char *text, size_t len)
{
    bool seen[128] = {false};
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += !seen[(unsigned char)text[i] % 128];
        seen[(unsigned char)text[i] % 128] = true;
    }
    return count;
}

static bool is_random(const char *local_plain)
{
    char text[ADDRESS_LOCAL_MAX + 1];
    size_t len = letters_fold(local_plain, text, sizeof(text));
    struct piece p = piece_of(text, len);
    if (len < RANDOM_MIN || p.letters + p.digits < len || p.letters == 0)
        return false;
    if (piece_is_walk(&p) || piece_is_repeated(&p))
        return false;
    size_t distinct = distinct_of(text, len);
    if (distinct < DISTINCT_ENOUGH && distinct * 10 < len * DISTINCT_OF_TEN)
        return false;
    return drawn_at_random(&p) &&
           !localpart_real_name(local_plain); /* last: the dearest question */
}

/* ---- impossible ---- */

struct provider_rule {
    const char *label; /* in front of the public suffix; NULL: `domain` is the whole */
    const char *domain;
    const char *other; /* characters besides letters and figures */
    size_t max;        /* characters in front of the tag */
    char not_counted;  /* this one is free */
    char unlimited;    /* with this one in it any length goes */
};

static const struct provider_rule provider_rules[] = {
    {.domain = "gmail.com", .other = ".", .max = 30, .not_counted = '.'},
    {.domain = "googlemail.com", .other = ".", .max = 30, .not_counted = '.'},
    {.label = "yahoo", .other = "._-", .max = 32, .unlimited = '-'},
    {.domain = "ymail.com", .other = "._-", .max = 32, .unlimited = '-'},
    {.domain = "rocketmail.com", .other = "._-", .max = 32, .unlimited = '-'},
    {.label = "outlook", .other = "._-", .max = ADDRESS_LOCAL_MAX},
    {.label = "hotmail", .other = "._-", .max = ADDRESS_LOCAL_MAX},
    {.label = "live", .other = "._-", .max = ADDRESS_LOCAL_MAX},
    {.domain = "windowslive.com", .other = "._-", .max = ADDRESS_LOCAL_MAX},
};

/* The national domains of these three are known providers; somebody else's yahoo.example is not. */
static bool is_national(const char *domain, const char *label)
{
    size_t len = strlen(label);
    return strncmp(domain, label, len) == 0 && domain[len] == '.' &&
           list_registrable(domain) == domain && list_known_provider(domain) &&
           strcmp(domain, "yahoo.co.jp") != 0;
}

static const struct provider_rule *provider_rule_of(const char *domain)
{
    for (size_t i = 0; i < COUNT_OF(provider_rules); i++) {
        const struct provider_rule *rule = &provider_rules[i];
        if (rule->domain != NULL ? strcmp(domain, rule->domain) == 0
                                 : is_national(domain, rule->label))
            return rule;
    }
    return NULL;
}

static bool is_letter_or_digit(char c)
{
    return letters_is_plain((char)(c | 0x20)) || (c >= '0' && c <= '9');
}

static bool is_impossible(const struct provider_rule *rule, const char *local_plain)
{
    size_t len = strcspn(local_plain, "+"), count = 0;
    bool unlimited = false;
    for (size_t i = 0; i < len; i++) {
        char c = local_plain[i];
        if (!is_letter_or_digit(c) && strchr(rule->other, c) == NULL)
            return true;
        unlimited = unlimited || (rule->unlimited != '\0' && c == rule->unlimited);
        count += c != rule->not_counted;
    }
    return count == 0 || (count > rule->max && !unlimited);
}

void domain_risk_of_local(const struct address *address, struct risk_facts *out)
{
    const struct provider_rule *rule = provider_rule_of(address->domain);
    out->random_local = is_random(address->local_plain);
    out->unusual_local =
        address->quoted || strpbrk(address->local_plain, "!#$%'*=/?^`{|}~") != NULL;
    out->non_standard_local = address->utf8;
    out->impossible_local = rule != NULL && is_impossible(rule, address->local_plain);
}
