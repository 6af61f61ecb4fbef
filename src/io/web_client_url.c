/* web_client_url.c - which URLs are called, and where they lead.
 *
 * A URL that two parsers read differently is how a check is got round: what was vetted is then not
 * what is dialled.  So the authority is read here by a grammar that leaves nothing to taste, then
 * libcurl reads the whole, and both must have found the same host and port.
 *
 *     URL  = ("https" | "http") "://" host [":" 1*5DIGIT] [path] ["?" query] ["#" fragment]
 *     host = label *("." label) | dotted quad | "[" IPv6 "]"
 *
 * Nothing is converted: no IDN, no percent-decoding of the host, no 0x7f.1 or 2130706433 for an
 * address, no zone, no dot at the end.  A name whose last label is a number is refused, because
 * some resolvers take it for an address (WHATWG URL, "ends in a number").  The fragment is dropped.
 *
 * A reference with a scheme or an authority of its own is read by that grammar; libcurl puts paths
 * and queries in their place only, and what comes of it must lie where the base lies.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "io/web_client_private.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

enum { LABEL_MAX = 63 };

static const char digits[] = "0123456789";
static const char hex_digits[] = "0123456789abcdef";

static const char *bytes_complaint(const char *text)
{
    size_t len = strnlen(text, WEB_URL_MAX + 1);
    if (len > WEB_URL_MAX)
        return "the URL is longer than 2048 characters";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x80)
            return "the URL must be ASCII: percent-encode the path, write the host as xn--";
        if (c <= ' ' || c == 0x7F)
            return "the URL must not contain spaces or control characters";
        if (c == '\\')
            return "the URL must not contain a backslash";
    }
    return NULL;
}

/* The length of "https://", 0: another scheme. */
static size_t scheme_len(const char *text, bool allow_http)
{
    if (strncasecmp(text, "https://", 8) == 0)
        return 8;
    return allow_http && strncasecmp(text, "http://", 7) == 0 ? 7 : 0;
}

static const char *label_complaint(const char *label, size_t len)
{
    if (len == 0)
        return "the host has an empty label";
    if (len > LABEL_MAX)
        return "the host has a label of more than 63 characters";
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)label[i]) && label[i] != '-')
            return "the host must consist of letters, digits, hyphens and dots";
    return label[0] == '-' || label[len - 1] == '-' ? "a label of the host begins or ends in a "
                                                      "hyphen"
                                                    : NULL;
}

/* `host` is in lower case. */
static bool ends_in_number(const char *host)
{
    const char *dot = strrchr(host, '.');
    const char *last = dot != NULL ? dot + 1 : host;
    if (last[strspn(last, digits)] == '\0')
        return true;
    return last[0] == '0' && last[1] == 'x' && last[2 + strspn(last + 2, hex_digits)] == '\0';
}

static const char *name_complaint(const char *host)
{
    if (strlen(host) > WEB_HOST_MAX)
        return "the host is longer than 253 characters";
    for (const char *label = host;;) {
        size_t len = strcspn(label, ".");
        const char *why = label_complaint(label, len);
        if (why != NULL)
            return why;
        if (label[len] == '\0')
            return NULL;
        label += len + 1;
    }
}

static const char *quad_of_text(struct web_url *url)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&url->literal;
    if (inet_pton(AF_INET, url->host, &v4->sin_addr) != 1)
        return "the host ends in a number and is no IPv4 address of four decimal numbers";
    v4->sin_family = AF_INET;
    v4->sin_port = htons(url->port);
    url->is_literal = true;
    return NULL;
}

static const char *v6_of_text(struct web_url *url)
{
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&url->literal;
    if (inet_pton(AF_INET6, url->host, &v6->sin6_addr) != 1)
        return "there is no IPv6 address between the brackets";
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(url->port);
    url->is_literal = true;
    return NULL;
}

/* "" or ":443". */
static const char *port_of_text(const char *text, size_t len, uint16_t otherwise, uint16_t *out)
{
    static const char why[] = "the port must be a number from 1 to 65535";
    *out = otherwise;
    if (len == 0)
        return NULL;
    if (text[0] != ':' || len < 2 || len > 6 || strspn(text + 1, digits) < len - 1)
        return why;
    unsigned long port = strtoul(text + 1, NULL, 10);
    *out = (uint16_t)port;
    return port < 1 || port > UINT16_MAX ? why : NULL;
}

static char *lower_copy(const char *text, size_t len)
{
    char *copy = x_strndup(text, len);
    for (char *at = copy; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return copy;
}

static const char *read_authority(const char *text, size_t len, uint16_t port, struct web_url *out)
{
    if (memchr(text, '@', len) != NULL)
        return "the URL must not contain a user name or password";
    const char *end = text + len;
    bool bracketed = len > 0 && text[0] == '[';
    const char *host = text + bracketed;
    const char *host_end = memchr(host, bracketed ? ']' : ':', (size_t)(end - host));
    if (host_end == NULL && bracketed)
        return "the bracket before the host is not closed";
    if (host_end == NULL)
        host_end = end;
    if (host_end == host)
        return "the URL has no host";
    out->host = lower_copy(host, (size_t)(host_end - host));

    const char *rest = host_end + bracketed;
    const char *why = port_of_text(rest, (size_t)(end - rest), port, &out->port);
    if (why != NULL)
        return why;
    if (bracketed)
        return v6_of_text(out);
    why = name_complaint(out->host);
    return why != NULL || !ends_in_number(out->host) ? why : quad_of_text(out);
}

static char *part_of(CURLU *parsed, CURLUPart part, unsigned flags)
{
    char *value = NULL;
    CURLUcode code = curl_url_get(parsed, part, &value, flags);
    assert(code != CURLUE_OUT_OF_MEMORY);
    return value;
}

static bool is_same_host(const char *curls, const struct web_url *ours)
{
    if (curls == NULL || ours->literal.ss_family != AF_INET6)
        return curls != NULL && strcasecmp(curls, ours->host) == 0;
    size_t len = strlen(curls);
    struct in6_addr address;
    char inside[INET6_ADDRSTRLEN] = "";
    if (len < 2 || len - 2 >= sizeof(inside) || curls[0] != '[' || curls[len - 1] != ']')
        return false;
    memcpy(inside, curls + 1, len - 2);
    return inet_pton(AF_INET6, inside, &address) == 1 &&
           memcmp(&address, &((const struct sockaddr_in6 *)&ours->literal)->sin6_addr,
                  sizeof(address)) == 0;
}

/* libcurl's opinion; on agreement out->text is filled. */
static const char *agree(const char *text, struct web_url *out)
{
    CURLU *parsed = curl_url();
    assert(parsed != NULL);
    CURLUcode code = curl_url_set(parsed, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    assert(code != CURLUE_OUT_OF_MEMORY);
    char *host = NULL, *port = NULL, *whole = NULL;
    if (code == CURLUE_OK && curl_url_set(parsed, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK) {
        host = part_of(parsed, CURLUPART_HOST, 0);
        port = part_of(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
        whole = part_of(parsed, CURLUPART_URL, 0);
    }
    bool same = is_same_host(host, out) && port != NULL && whole != NULL &&
                strtoul(port, NULL, 10) == out->port;
    if (same)
        out->text = x_strdup(whole);
    curl_free(host);
    curl_free(port);
    curl_free(whole);
    curl_url_cleanup(parsed);
    return same ? NULL : "the URL cannot be read";
}

const char *web_url_parse(const char *text, bool allow_http, struct web_url *out)
{
    *out = (struct web_url){0};
    const char *why = bytes_complaint(text);
    if (why != NULL)
        return why;
    size_t scheme = scheme_len(text, allow_http);
    if (scheme == 0)
        return allow_http ? "the URL must begin with https:// or http://"
                          : "the URL must begin with https://";
    const char *authority = text + scheme;
    why = read_authority(authority, strcspn(authority, "/?#"), scheme == 8 ? 443 : 80, out);
    return why != NULL ? why : agree(text, out);
}

void web_url_free(struct web_url *url)
{
    free(url->text);
    free(url->host);
    *url = (struct web_url){0};
}

bool web_url_valid(const char *text, bool allow_http, const char **why)
{
    struct web_url url;
    *why = web_url_parse(text, allow_http, &url);
    if (*why == NULL && url.is_literal && !vet_address((const struct sockaddr *)&url.literal, NULL))
        *why = "the host is an address that is not public";
    web_url_free(&url);
    return *why == NULL;
}

/* false: control characters, or a length that no URL has. */
static bool encode(const char *text, struct strbuf *out)
{
    if (strnlen(text, WEB_URL_MAX + 1) > WEB_URL_MAX)
        return false;
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ' || c == 0x7F)
            return false;
        if (c == ' ' || c >= 0x80)
            strbuf_printf(out, "%%%02X", c);
        else
            strbuf_addc(out, (char)c);
    }
    return true;
}

/* RFC 3986 4.2: a colon in the first segment ends a scheme. */
static bool has_scheme(const char *reference)
{
    return reference[strcspn(reference, ":/?#")] == ':';
}

/* The path or query `reference` at `base`, by libcurl; NULL: it does not think so.  Of "#top" alone
 * libcurl 7.88 makes another folder; nobody needs the fragment. */
static char *placed(const struct web_url *base, const char *reference)
{
    char *without = x_strndup(reference, strcspn(reference, "#"));
    CURLU *parsed = curl_url();
    assert(parsed != NULL);
    char *whole = NULL;
    CURLUcode code = curl_url_set(parsed, CURLUPART_URL, base->text, CURLU_DISALLOW_USER);
    if (code == CURLUE_OK && without[0] != '\0')
        code = curl_url_set(parsed, CURLUPART_URL, without, CURLU_DISALLOW_USER);
    assert(code != CURLUE_OUT_OF_MEMORY);
    if (code == CURLUE_OK)
        whole = part_of(parsed, CURLUPART_URL, 0);
    char *copy = whole != NULL ? x_strdup(whole) : NULL;
    curl_free(whole);
    curl_url_cleanup(parsed);
    free(without);
    return copy;
}

static bool is_https(const struct web_url *url)
{
    return scheme_len(url->text, false) > 0;
}

static const char *resolve(const struct web_url *base, const char *reference, struct web_url *out)
{
    static const char why[] = "the reference leads nowhere";
    if (has_scheme(reference))
        return web_url_parse(reference, true, out);
    if (strncmp(reference, "//", 2) == 0) {
        struct strbuf whole = {0};
        strbuf_printf(&whole, "%s:%s", is_https(base) ? "https" : "http", reference);
        const char *complaint = web_url_parse(strbuf_text(&whole), true, out);
        strbuf_free(&whole);
        return complaint;
    }
    char *whole = placed(base, reference);
    const char *complaint = whole != NULL ? web_url_parse(whole, true, out) : why;
    free(whole);
    if (complaint != NULL)
        return complaint;
    bool stayed = strcmp(out->host, base->host) == 0 && out->port == base->port &&
                  is_https(out) == is_https(base);
    return stayed ? NULL : why;
}

bool web_url_join(const char *base_text, const char *reference, struct web_target *out)
{
    struct web_url base, url = {0};
    struct strbuf encoded = {0};
    bool good = web_url_parse(base_text, true, &base) == NULL && encode(reference, &encoded) &&
                resolve(&base, strbuf_text(&encoded), &url) == NULL;
    *out = (struct web_target){.port = url.port};
    good = good && strlen(url.text) <= WEB_URL_MAX && strlen(url.host) <= WEB_HOST_MAX;
    if (good) {
        out->https = is_https(&url);
        memcpy(out->url, url.text, strlen(url.text));
        memcpy(out->host, url.host, strlen(url.host));
    }
    strbuf_free(&encoded);
    web_url_free(&url);
    web_url_free(&base);
    return good;
}
