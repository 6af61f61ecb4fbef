/* web_client_transfer.c - one HTTP transfer: what libcurl is told, and what its end means.
 *
 * libcurl is a program of many talents, and most of them are holes here; the tables below say which
 * are off.  It is kept from resolving three times over: the addresses are put into a cache that
 * belongs to this transfer alone, a resolver that starts nevertheless is stopped, and a socket is
 * opened only to an address that was vetted for this call, and is vetted again at that moment.
 *
 * An option that libcurl does not take would leave one of the holes open, so it ends the process.
 *
 * An answer is whole, or has as many bytes as its caller wants, or is none: a hang-up before the
 * length that was announced is WEB_BROKEN, whatever the status.  Where no length was, the end of
 * the connection is the end of the body, with or without TLS's good-bye (many servers never send
 * it); libcurl calls it a good end in the middle of the header too, we do not. */
#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "io/web_client_private.h"
#include "base/clock.h"
#include "base/xalloc.h"

enum {
    TARGETS_MAX = 16,
    HEADERS_MAX = 65536, /* bytes of an answer's header lines, 1xx included */
    CA_CACHE_S = 86400   /* a changed CA file is noticed after a day */
};

static const struct {
    CURLoption option;
    long value;
} numbers[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_FRESH_CONNECT, 1}, /* every call is vetted */
    {CURLOPT_FORBID_REUSE, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1}, /* HTTP/2 would share connections */
    {CURLOPT_HTTP09_ALLOWED, 0},
    {CURLOPT_HTTP_CONTENT_DECODING, 0},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSL_SESSIONID_CACHE, 0}, /* every call verifies */
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_S},
};

/* Code of libcurl's -> outcome; what is not here is WEB_BROKEN. */
static const struct {
    CURLcode code;
    enum web_outcome outcome;
} outcomes[] = {
    {CURLE_OK, WEB_ANSWERED},
    {CURLE_COULDNT_RESOLVE_HOST, WEB_NO_ADDRESS},
    {CURLE_COULDNT_CONNECT, WEB_UNREACHABLE},
    {CURLE_OPERATION_TIMEDOUT, WEB_TIMEOUT},
    {CURLE_SSL_CONNECT_ERROR, WEB_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, WEB_TLS},
    {CURLE_SSL_CERTPROBLEM, WEB_TLS},
    {CURLE_SSL_CIPHER, WEB_TLS},
    {CURLE_SSL_CACERT_BADFILE, WEB_TLS},
    {CURLE_SSL_CRL_BADFILE, WEB_TLS},
    {CURLE_SSL_ISSUER_ERROR, WEB_TLS},
    {CURLE_SSL_ENGINE_INITFAILED, WEB_TLS},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, WEB_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, WEB_TLS},
    {CURLE_SSL_SHUTDOWN_FAILED, WEB_TLS},
};

/* Header fields that frame the message: libcurl writes them, or nobody does. */
static const char *const not_for_callers[] = {"Host",       "Content-Length", "Transfer-Encoding",
                                              "Connection", "Expect",         "TE",
                                              "Trailer",    "Upgrade"};

static void taken(CURLcode code)
{
    if (code == CURLE_OK)
        return;
    fprintf(stderr, "vrfy: libcurl takes no option: %s\n", curl_easy_strerror(code));
    abort();
}

#define SET(transfer, option, value) taken(curl_easy_setopt((transfer)->easy, option, value))

static bool is_same_endpoint(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *x = (const struct sockaddr_in *)a;
        const struct sockaddr_in *y = (const struct sockaddr_in *)b;
        return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
    }
    const struct sockaddr_in6 *x = (const struct sockaddr_in6 *)a;
    const struct sockaddr_in6 *y = (const struct sockaddr_in6 *)b;
    return a->ss_family == AF_INET6 && x->sin6_port == y->sin6_port &&
           memcmp(&x->sin6_addr, &y->sin6_addr, sizeof(x->sin6_addr)) == 0;
}

static bool may_dial(const struct web_transfer *t, const struct sockaddr_storage *address)
{
    bool known = false;
    for (size_t i = 0; i < t->target_count && !known; i++)
        known = is_same_endpoint(&t->targets[i], address);
    return known && vet_address((const struct sockaddr *)address, t->allow);
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct web_transfer *t = arg;
    struct sockaddr_storage target = {0};
    if (purpose == CURLSOCKTYPE_IPCXN && address->addrlen <= sizeof(target))
        memcpy(&target, &address->addr, address->addrlen);
    if (!may_dial(t, &target)) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Only a literal is not in the transfer's cache of addresses, and needs no resolver either. */
static int on_resolver_start(void *state, void *reserved, void *arg)
{
    (void)state, (void)reserved;
    struct web_transfer *t = arg;
    t->refused = t->refused || !t->is_literal;
    return t->is_literal ? 0 : 1;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct web_transfer *t = arg;
    size_t len = size * count, room = t->answer_max - t->body.len;
    strbuf_add(&t->body, data, len < room ? len : room);
    t->cut = t->body.len == t->answer_max;
    return t->cut ? CURL_WRITEFUNC_ERROR : len;
}

static bool wants_body(const struct web_transfer *t)
{
    return t->answer_max > 0 && (!t->only_2xx_body || web_transfer_status(t) / 100 == 2);
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
    struct web_transfer *t = arg;
    size_t len = size * count;
    t->header_len += len;
    if (t->header_len > HEADERS_MAX)
        return CURL_WRITEFUNC_ERROR;
    if (data[0] != '\r' && data[0] != '\n')
        return len;
    t->headers_whole = web_transfer_status(t) >= 200;
    t->cut = t->cut || (t->headers_whole && !wants_body(t));
    return t->cut ? CURL_WRITEFUNC_ERROR : len;
}

/* RFC 9110 5.6.2 */
static bool is_token(const char *text, size_t len)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return len > 0 && strspn(text, token) >= len;
}

static bool has_controls(const char *text)
{
    for (; *text != '\0'; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7F)
            return true;
    return false;
}

static bool is_named(const char *header, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(header, name, len) == 0 && header[len] == ':';
}

static void add_header(struct web_transfer *t, const char *header)
{
    t->headers = curl_slist_append(t->headers, header);
    assert(t->headers != NULL);
}

/* To libcurl "Name:" means not to send it, "Name;" to send it empty. */
static void add_callers_header(struct web_transfer *t, const char *header)
{
    size_t name_len = strcspn(header, ":");
    assert(header[name_len] == ':' && is_token(header, name_len) && !has_controls(header));
    for (size_t i = 0; i < COUNT_OF(not_for_callers); i++)
        assert(!is_named(header, not_for_callers[i]));
    const char *value = header + name_len + 1;
    if (value[strspn(value, " \t")] != '\0') {
        add_header(t, header);
        return;
    }
    char *empty = x_strndup(header, name_len + 1);
    empty[name_len] = ';';
    add_header(t, empty);
    free(empty);
}

static void set_headers(struct web_transfer *t, const char *const *headers)
{
    bool has_type = false;
    for (; headers != NULL && *headers != NULL; headers++) {
        add_callers_header(t, *headers);
        has_type = has_type || is_named(*headers, "Content-Type");
    }
    if (!has_type)
        add_header(t, "Content-Type:"); /* libcurl's would be that of a form */
    add_header(t, "Expect:");
    SET(t, CURLOPT_HTTPHEADER, t->headers);
}

static bool expects_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

static void set_request(struct web_transfer *t, const struct web_request *request)
{
    assert(is_token(request->method, strlen(request->method)));
    if (strcmp(request->method, "HEAD") == 0) {
        assert(request->body_len == 0);
        SET(t, CURLOPT_NOBODY, 1L);
        return;
    }
    if (request->body_len > 0 || expects_body(request->method)) {
        assert(request->body_len <= LONG_MAX);
        SET(t, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        SET(t, CURLOPT_COPYPOSTFIELDS, request->body_len > 0 ? (const char *)request->body : "");
    }
    SET(t, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_callbacks(struct web_transfer *t)
{
    SET(t, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(t, CURLOPT_OPENSOCKETDATA, t);
    SET(t, CURLOPT_RESOLVER_START_FUNCTION, on_resolver_start);
    SET(t, CURLOPT_RESOLVER_START_DATA, t);
    SET(t, CURLOPT_WRITEFUNCTION, on_body);
    SET(t, CURLOPT_WRITEDATA, t);
    SET(t, CURLOPT_HEADERFUNCTION, on_header);
    SET(t, CURLOPT_HEADERDATA, t);
}

static void set_policy(struct web_transfer *t, const struct web_policy *policy, bool allow_http)
{
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        SET(t, numbers[i].option, numbers[i].value);
    SET(t, CURLOPT_PROXY, ""); /* whatever the environment says */
    SET(t, CURLOPT_NOPROXY, "*");
    SET(t, CURLOPT_PROTOCOLS_STR, allow_http ? "https,http" : "https");
    SET(t, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(t, CURLOPT_CAINFO, policy->ca_file);
    SET(t, CURLOPT_CAPATH, NULL); /* a folder would be trusted too, and keep the file uncached */
    SET(t, CURLOPT_USERAGENT, policy->user_agent);
}

struct web_transfer *web_transfer_new(const struct web_policy *policy, const struct web_url *url,
                                      const struct web_request *request)
{
    struct web_transfer *t = NEW(struct web_transfer);
    t->allow = policy->allow;
    t->is_literal = url->is_literal;
    t->answer_max = request->answer_max;
    t->only_2xx_body = request->only_2xx_body;
    t->connect_ms = request->connect_ms;
    t->easy = curl_easy_init();
    t->share = curl_share_init();
    assert(t->easy != NULL && t->share != NULL);
    CURLSHcode code = curl_share_setopt(t->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    assert(code == CURLSHE_OK);
    SET(t, CURLOPT_SHARE, t->share);
    SET(t, CURLOPT_URL, url->text);
    set_policy(t, policy, request->allow_http);
    set_callbacks(t);
    set_request(t, request);
    set_headers(t, request->headers);
    return t;
}

static void add_target(struct web_transfer *t, const struct sockaddr_storage *address,
                       uint16_t port)
{
    struct sockaddr_storage *target = &t->targets[t->target_count++];
    *target = (struct sockaddr_storage){.ss_family = address->ss_family};
    if (address->ss_family == AF_INET) {
        ((struct sockaddr_in *)target)->sin_addr = ((const struct sockaddr_in *)address)->sin_addr;
        ((struct sockaddr_in *)target)->sin_port = htons(port);
    } else {
        ((struct sockaddr_in6 *)target)->sin6_addr =
            ((const struct sockaddr_in6 *)address)->sin6_addr;
        ((struct sockaddr_in6 *)target)->sin6_port = htons(port);
    }
}

static void add_target_text(struct strbuf *entry, const struct sockaddr_storage *target)
{
    char text[INET6_ADDRSTRLEN];
    bool is_v6 = target->ss_family == AF_INET6;
    const void *address = is_v6 ? (const void *)&((const struct sockaddr_in6 *)target)->sin6_addr
                                : (const void *)&((const struct sockaddr_in *)target)->sin_addr;
    const char *made = inet_ntop(target->ss_family, address, text, sizeof(text));
    assert(made != NULL);
    strbuf_printf(entry, is_v6 ? "[%s]" : "%s", text);
}

/* "host:443:192.0.2.7,[2001:db8::7]" */
static void set_resolve(struct web_transfer *t, const struct web_url *url)
{
    struct strbuf entry = {0};
    strbuf_printf(&entry, "%s:%u:", url->host, url->port);
    for (size_t i = 0; i < t->target_count; i++) {
        if (i > 0)
            strbuf_addc(&entry, ',');
        add_target_text(&entry, &t->targets[i]);
    }
    t->resolve = curl_slist_append(NULL, strbuf_text(&entry));
    assert(t->resolve != NULL);
    strbuf_free(&entry);
    SET(t, CURLOPT_RESOLVE, t->resolve);
}

size_t web_transfer_aim(struct web_transfer *t, const struct web_url *url,
                        const struct sockaddr_storage *addresses, size_t count, int64_t connect_ms)
{
    assert(t->targets == NULL);
    t->targets = x_calloc(TARGETS_MAX, sizeof(*t->targets));
    for (size_t i = 0; i < count && t->target_count < TARGETS_MAX; i++)
        if (vet_address((const struct sockaddr *)&addresses[i], t->allow))
            add_target(t, &addresses[i], url->port);
    if (!url->is_literal && t->target_count > 0)
        set_resolve(t, url);
    if (t->connect_ms > 0 && t->connect_ms < connect_ms)
        connect_ms = t->connect_ms;
    /* Its default is five minutes, half of which the first of several silent addresses may take. */
    SET(t, CURLOPT_CONNECTTIMEOUT_MS, connect_ms < LONG_MAX ? (long)connect_ms : LONG_MAX);
    return t->target_count;
}

static const char *header_of(const struct web_transfer *t, const char *name)
{
    struct curl_header *header;
    if (curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return header->value;
}

enum web_outcome web_transfer_outcome(const struct web_transfer *t, int curl_code)
{
    if (t->refused && curl_code != CURLE_OK)
        return WEB_FORBIDDEN;
    if (t->cut)
        return WEB_ANSWERED;
    if (curl_code == CURLE_OK && !t->headers_whole) /* hung up in the middle of them */
        return WEB_BROKEN;
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        if ((int)outcomes[i].code == curl_code)
            return outcomes[i].outcome;
    return WEB_BROKEN;
}

int web_transfer_status(const struct web_transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

/* RFC 9110 10.2.3: seconds, or a date. */
int64_t web_transfer_retry_after_s(const struct web_transfer *t)
{
    enum { DIGITS_MAX = 9 };
    const char *value = header_of(t, "Retry-After");
    if (value == NULL || value[0] == '\0')
        return -1;
    size_t len = strspn(value, "0123456789");
    if (value[len] == '\0')
        return len <= DIGITS_MAX ? strtol(value, NULL, 10) : 999999999;
    time_t date = curl_getdate(value, NULL);
    int64_t now_s = clock_wall_us() / 1000000;
    if (date == -1)
        return -1;
    return date > now_s ? date - now_s : 0;
}

const char *web_transfer_location(const struct web_transfer *t)
{
    const char *value = header_of(t, "Location");
    bool is_usable = value != NULL && strnlen(value, WEB_URL_MAX + 1) <= WEB_URL_MAX &&
                     !has_controls(value) && strchr(value, '\t') == NULL;
    return is_usable ? value : NULL;
}

void web_transfer_free(struct web_transfer **transfer)
{
    struct web_transfer *t = *transfer;
    if (t == NULL)
        return;
    curl_easy_cleanup(t->easy);
    CURLSHcode code = curl_share_cleanup(t->share); /* refuses while a transfer uses it */
    assert(code == CURLSHE_OK);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->resolve);
    free(t->targets);
    strbuf_free(&t->body);
    free(t);
    *transfer = NULL;
}
