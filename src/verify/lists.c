/* lists.c - what the shipped lists say about an address: facts for the dialects, never a verdict.
 *
 * Domains are compared as lower-case A-labels.  A listed domain stands for its subdomains too,
 * down to the registrable domain and no further: a list may name "example.co.uk", never "co.uk".
 * Local parts are compared in lower case, without sub-address, and with '.', '_' and '-' alike.
 *
 * Which domains are registrable is libpsl's knowledge: the newer of the list built into it and the
 * system's copy, loaded by the first look-up of the process.  Without any list a domain counts as
 * its own registrable domain, and the exact entries still match.
 */
#include <libpsl.h>
#include <pthread.h>
#include <string.h>

#include "verify/host_pattern.h"
#include "verify/lists.h"
#include "verify/localpart.h"
#include "verify/text_list.h"

/* An address on the shipped list: somebody reviewed the entry, but domains change hands. */
#define SHIPPED_CONFIDENCE 0.95

static pthread_once_t psl_loaded = PTHREAD_ONCE_INIT;
static psl_ctx_t *psl;

static void psl_load(void)
{
    psl = psl_latest(NULL); /* kept until the process ends */
}

const char *list_registrable(const char *domain)
{
    pthread_once(&psl_loaded, psl_load);
    const char *found = psl != NULL ? psl_registrable_domain(psl, domain) : NULL;
    return found != NULL ? found : domain;
}

/* The domain or any parent of it, down to the registrable domain; which one that is matters only
 * when a parent is found, so most domains are never taken to libpsl.  No list has a top-level
 * domain.
 */
static bool has_domain(const struct text_list *list, const char *domain)
{
    const char *dot = strchr(domain, '.');
    for (const char *at = domain; dot != NULL; at = dot + 1, dot = strchr(at, '.'))
        if (text_list_has(list, at, strlen(at)))
            return at == domain || at <= list_registrable(domain);
    return false;
}

bool list_disposable(const char *domain)
{
    return has_domain(&text_disposable_domains, domain);
}

bool list_free_provider(const char *domain)
{
    return has_domain(&text_free_domains, domain);
}

bool list_known_provider(const char *domain)
{
    return has_domain(&text_known_domains, domain);
}

/* One form for what people write as no-reply, no_reply and No.Reply.  Returns its length; names
 * longer than `size` are no role words. */
static size_t role_form(const char *local, char *out, size_t size)
{
    size_t len = 0;
    for (; local[len] != '\0' && local[len] != '+'; len++) {
        if (len == size)
            return 0;
        char c = local[len];
        out[len] = c == '.' || c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    return len;
}

bool list_role(const char *local_plain)
{
    char word[32];
    size_t len = role_form(local_plain, word, sizeof(word));
    if (len == 0)
        return false;
    if (text_list_has(&text_role_words, word, len))
        return true;
    /* sales2 is one of several; info2024 is somebody's idea of a login. */
    bool numbered = len > 4 && word[len - 1] >= '0' && word[len - 1] <= '9';
    return numbered && text_list_has(&text_role_words, word, len - 1);
}

static pthread_once_t patterns_made = PTHREAD_ONCE_INIT;
static struct host_patterns *mx_patterns, *disposable_mx_patterns;

static void make_patterns(void)
{
    mx_patterns = host_patterns_new(&text_mx_patterns); /* kept until the process ends */
    disposable_mx_patterns = host_patterns_new(&text_disposable_mx_patterns);
}

const char *list_provider_by_mx(const char *mx_host)
{
    pthread_once(&patterns_made, make_patterns);
    return host_patterns_find(mx_patterns, mx_host);
}

/* An exchanger that stands in a disposable domain gives itself away. */
bool list_disposable_mx(const char *mx_host)
{
    pthread_once(&patterns_made, make_patterns);
    return list_disposable(mx_host) || host_patterns_find(disposable_mx_patterns, mx_host) != NULL;
}

void lists_of_address(const struct address *address, struct list_facts *out)
{
    out->disposable = list_disposable(address->domain);
    out->disposable_confidence = out->disposable ? SHIPPED_CONFIDENCE : 0.0;
    out->role = list_role(address->local_plain);
    out->free_provider = list_free_provider(address->domain);
    out->known_provider = list_known_provider(address->domain);
    out->real_name = !out->role && localpart_real_name(address->local_plain);
    out->gibberish = !out->role && localpart_gibberish(address->local_plain);
}

void lists_of_mx(const struct dns_facts *dns, struct list_facts *out)
{
    for (size_t i = 0; i < dns->mx_count; i++) {
        const char *host = dns->mx[i].name;
        if (out->provider == NULL)
            out->provider = list_provider_by_mx(host);
        if (!out->disposable && list_disposable_mx(host)) {
            out->disposable = out->disposable_by_mx = true;
            out->disposable_confidence = 0.95;
        }
    }
}
