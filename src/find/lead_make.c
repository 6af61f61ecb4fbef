/* lead_make.c - whom to look for, and where, from what a client sent.
 *
 * Names and domains come as people type and paste them; what is made of them is printable, short
 * and folded.  This is a file of its own because folding takes ICU, which programs that only read
 * leads need not carry. */
#include <string.h>

#include "base/utf8.h"
#include "find/lead.h"
#include "find/lead_private.h"
#include "verify/syntax.h"

enum { DOMAIN_READ_MAX = 2048 };

/* At most `max` bytes, no space at either end. */
static char *printable(struct arena *arena, const char *text, size_t len, size_t max)
{
    char *out = arena_alloc(arena, max + 1);
    size_t n = 0;
    for (const char *at = text, *end = text + len; at < end;) {
        const char *from = at;
        int32_t cp = utf8_next(&at, end);
        bool control = lead_is_control(cp);
        size_t size = control ? 1 : (size_t)(at - from);
        if (cp < 0 || (n == 0 && (control || cp == ' ')))
            continue;
        if (n + size > max)
            break;
        memcpy(out + n, control ? " " : from, size);
        n += size;
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return out;
}

/* The host of a URL, what is behind the @ of an address, or the text as it is. */
static const char *host_find(const char *text, size_t *len)
{
    const char *scheme = strstr(text, "://");
    if (scheme != NULL)
        text = scheme + 3;
    text += strspn(text, "/");
    *len = strcspn(text, "/?#\\");
    const char *at = memrchr(text, '@', *len);
    if (at != NULL) {
        *len -= (size_t)(at + 1 - text);
        text = at + 1;
    }
    size_t end = strcspn(text, ":;,<> ");
    *len = end < *len ? end : *len;
    while (*len > 0 && text[*len - 1] == '.')
        --*len;
    return text;
}

/* "www.company.com" has the mail of company.com; "www.com" is a name of its own. */
static const char *www_skip(const char *domain)
{
    static const char www[] = "www.";
    const char *rest = domain + sizeof(www) - 1;
    bool skips = strncmp(domain, www, sizeof(www) - 1) == 0 && strchr(rest, '.') != NULL;
    return skips && lead_domain_is_plain(rest) ? rest : domain;
}

/* What was given in the place of a domain, as a text that no reader takes for one: spaces for "@",
 * and dots behind what was cut. */
static const char *no_domain(struct arena *arena, const char *given, size_t len)
{
    static const char dots[] = "...";
    char *text = printable(arena, given, len, DOMAIN_READ_MAX);
    for (char *at = text; *at != '\0'; at++)
        if (*at == '@')
            *at = ' ';
    const char *cut = printable(arena, text, strlen(text), DOMAIN_GIVEN_MAX - (sizeof(dots) - 1));
    bool is_whole = strlen(text) <= DOMAIN_GIVEN_MAX - (sizeof(dots) - 1);
    return is_whole ? cut : arena_printf(arena, "%s%s", cut, dots);
}

static void domain_make(struct arena *arena, const char *given, size_t given_len, struct lead *out)
{
    char domain[ADDRESS_DOMAIN_MAX + 1];
    size_t len;
    const char *text = printable(arena, given, given_len, DOMAIN_READ_MAX);
    const char *host = host_find(text, &len);
    if (mail_domain_to_ascii(host, len, domain))
        out->domain = arena_strdup(arena, www_skip(domain));
    else
        out->domain = no_domain(arena, given, given_len);
    out->domain_ok = lead_domain_is_plain(out->domain);
}

void lead_make(struct arena *arena, const char *first, size_t first_len, const char *last,
               size_t last_len, const char *domain, size_t domain_len, struct lead *out)
{
    memset(out, 0, sizeof(*out));
    out->first = printable(arena, first, first_len, LEAD_NAME_MAX);
    out->last = printable(arena, last, last_len, LEAD_NAME_MAX);
    domain_make(arena, domain, domain_len, out);
    person_of(out->first, strlen(out->first), out->last, strlen(out->last), out->domain,
              &out->person);
}
