/* lists.c - what lists say about an address: facts for the dialects, never a verdict.
 *
 * Domains are compared as lower-case A-labels.  A listed domain stands for its subdomains too,
 * down to the registrable domain and no further: a list may name "example.co.uk", never "co.uk".
 *
 * Disposable: a row of the operator's own, where there is one for a name, decides alone, and of
 * several the one of the longest name; only then is the shipped list looked at.  That holds for
 * each name by itself, an address's domain or a mail host.
 *
 * Local parts are compared in lower case, without sub-address, and with '.', '_' and '-' alike.
 *
 * Which domains are registrable is libpsl's knowledge: the newer of the list built into it and the
 * system's copy, loaded by the first look-up of the process.  Without any list a domain counts as
 * its own registrable domain, and the exact entries still match.
 */
#include <libpsl.h>
#include <pthread.h>
#include <string.h>

#include "verify/disposable_rows.h"
#include "verify/host_pattern.h"
#include "verify/lists.h"
#include "verify/localpart.h"
#include "verify/text_list.h"

/* A domain on the shipped list: somebody reviewed the entry, but domains change hands. */
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

bool list_public_suffix(const char *domain)
{
    pthread_once(&psl_loaded, psl_load);
    return psl != NULL && psl_is_public_suffix2(psl, domain, PSL_TYPE_ICANN) != 0;
}

/* The entry of exactly this name, or NULL. */
typedef const void *find_fn(const void *list, const char *name);

/* The entry of the domain or of a parent of it, down to the registrable domain; which one that is
 * matters only when a parent is found, so most domains are never taken to libpsl.  No list has a
 * top-level domain.
 */
static const void *find_domain(find_fn *find, const void *list, const char *domain)
{
    const char *dot = strchr(domain, '.');
    for (const char *at = domain; dot != NULL; at = dot + 1, dot = strchr(at, '.')) {
        const void *found = find(list, at);
        if (found != NULL)
            return at == domain || at <= list_registrable(domain) ? found : NULL;
    }
    return NULL;
}

static const void *find_text(const void *list, const char *name)
{
    return text_list_has(list, name, strlen(name)) ? name : NULL;
}

static bool has_domain(const struct text_list *list, const char *domain)
{
    return find_domain(find_text, list, domain) != NULL;
}

static const void *find_row(const void *rows, const char *name)
{
    return disposable_rows_find(rows, name);
}

/* The operator's row for a name; NULL: none. */
static const struct disposable_row *own_row(const struct disposable_rows *own, const char *name)
{
    return own != NULL ? find_domain(find_row, own, name) : NULL;
}

static bool shipped_disposable(const char *domain)
{
    return has_domain(&text_disposable_domains, domain);
}

double list_disposable(const struct disposable_rows *own, const char *domain)
{
    const struct disposable_row *row = own_row(own, domain);
    if (row != NULL)
        return disposable_row_confidence(row);
    return shipped_disposable(domain) ? SHIPPED_CONFIDENCE : 0.0;
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
double list_disposable_mx(const struct disposable_rows *own, const char *mx_host)
{
    const struct disposable_row *row = own_row(own, mx_host);
    if (row != NULL)
        return disposable_row_confidence(row);
    pthread_once(&patterns_made, make_patterns);
    bool shipped =
        shipped_disposable(mx_host) || host_patterns_find(disposable_mx_patterns, mx_host) != NULL;
    return shipped ? SHIPPED_CONFIDENCE : 0.0;
}

void lists_of_address(const struct disposable_rows *own, const struct address *address,
                      struct list_facts *out)
{
    out->disposable_confidence = list_disposable(own, address->domain);
    out->disposable = out->disposable_confidence > 0.0;
    out->role = list_role(address->local_plain);
    out->free_provider = list_free_provider(address->domain);
    out->known_provider = list_known_provider(address->domain);
    out->real_name = !out->role && localpart_real_name(address->local_plain);
    out->gibberish = !out->role && localpart_gibberish(address->local_plain);
}

/* Of several disposable hosts the surest counts: those of one preference come in any order. */
void lists_of_mx(const struct disposable_rows *own, const struct dns_facts *dns,
                 struct list_facts *out)
{
    bool by_name = out->disposable && !out->disposable_by_mx;
    for (size_t i = 0; i < dns->mx_count; i++) {
        const char *host = dns->mx[i].name;
        if (out->provider == NULL)
            out->provider = list_provider_by_mx(host);
        double confidence = by_name ? 0.0 : list_disposable_mx(own, host);
        if (confidence > out->disposable_confidence) {
            out->disposable = out->disposable_by_mx = true;
            out->disposable_confidence = confidence;
        }
    }
}
