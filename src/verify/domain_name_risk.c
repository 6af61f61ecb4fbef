/* domain_name_risk.c - what a domain's name alone shows: its letters, how it was made, its TLD.
 *
 * The judgements stand in homograph.c and generated_domain.c.  The list of TLDs is the operator's,
 * and asked for each domain; it is short, so it is read where it stands. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "verify/domain_risk.h"
#include "verify/generated_domain.h"
#include "verify/homograph.h"
#include "verify/text_list.h"

static const char separators[] = ", \t\r\n;", before[] = ", \t\r\n;.";

void domain_risk_of_name(const char *domain, struct risk_facts *out)
{
    enum idn_look look = idn_look_of(domain);
    out->homograph = look == IDN_LOOK_ALIKE;
    out->non_ascii_domain = look != IDN_NOT;
    out->generated_domain = domain_is_generated(domain);
}

/* ---- lists of top-level domains ---- */

struct word {
    const char *text;
    size_t len;
};

/* The next entry without its dots in front; len 0 at the end. */
static struct word next_word(const char **at)
{
    const char *start = *at + strspn(*at, before);
    size_t len = strcspn(start, separators);
    *at = start + len;
    return (struct word){start, len};
}

static bool is_shipped(struct word word)
{
    return word.len == strlen(TLD_LIST_SHIPPED) &&
           strncasecmp(word.text, TLD_LIST_SHIPPED, word.len) == 0;
}

static bool is_under(const char *domain, size_t len, struct word word)
{
    return len > word.len && domain[len - word.len - 1] == '.' &&
           strncasecmp(domain + len - word.len, word.text, word.len) == 0;
}

static bool is_under_shipped(const char *domain)
{
    const char *dot = strrchr(domain, '.');
    return dot != NULL && text_list_has(&text_suspicious_tlds, dot + 1, strlen(dot + 1));
}

bool tld_is_listed(const char *list, const char *domain)
{
    size_t len = strlen(domain);
    for (struct word word = next_word(&list); word.len > 0; word = next_word(&list))
        if (is_shipped(word) ? is_under_shipped(domain) : is_under(domain, len, word))
            return true;
    return false;
}

bool tld_list_check(const char *list, char *why, size_t why_size)
{
    for (struct word word = next_word(&list); word.len > 0; word = next_word(&list)) {
        size_t good = strspn(word.text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789-.");
        if (good < word.len) {
            snprintf(why, why_size, "no top-level domain in A-labels: %.*s",
                     (int)(word.len < 64 ? word.len : 64), word.text);
            return false;
        }
    }
    return true;
}

/* ---- all that names show ---- */

void domain_risk_of_names(const struct address *address, bool domain_only, const char *tlds,
                          struct risk_facts *out)
{
    domain_risk_of_name(address->domain, out);
    out->suspicious_tld = tld_is_listed(tlds, address->domain);
    if (!domain_only)
        domain_risk_of_local(address, out);
}
