/* facts.c - making, freeing and copying facts.
 *
 * Facts are plain values whose pointers live in one arena, so copying is member-wise with the
 * strings duplicated, and freeing is one call.  Nothing here judges. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "base/utf8.h"
#include "model/facts.h"

static const char *const connect_names[CONNECT_OUTCOME_COUNT] = {
    [CONNECT_NOT_TRIED] = "not-tried",     [CONNECT_OK] = "ok",
    [CONNECT_REFUSED] = "refused",         [CONNECT_TIMEOUT] = "timeout",
    [CONNECT_UNREACHABLE] = "unreachable", [CONNECT_FORBIDDEN] = "forbidden",
    [CONNECT_NO_ADDRESS] = "no-address",   [CONNECT_DNS_FAILED] = "dns-failed",
};

static const char *const end_names[SESSION_END_COUNT] = {
    [SESSION_NOT_STARTED] = "not-started",   [SESSION_ANSWERED] = "answered",
    [SESSION_REFUSED] = "refused",           [SESSION_TIMEOUT] = "timeout",
    [SESSION_DISCONNECTED] = "disconnected", [SESSION_PROTOCOL] = "protocol",
    [SESSION_TLS_FAILED] = "tls-failed",     [SESSION_NO_SMTPUTF8] = "no-smtputf8",
    [SESSION_UNSENDABLE] = "unsendable",     [SESSION_DEADLINE] = "deadline",
    [SESSION_HELD_BACK] = "held-back",
};

static const char *const policy_names[SERVER_POLICY_COUNT] = {
    [SERVER_POLICY_UNKNOWN] = "unknown",           [SERVER_POLICY_SELECTIVE] = "selective",
    [SERVER_POLICY_ACCEPT_ALL] = "accept-all",     [SERVER_POLICY_REJECT_ALL] = "reject-all",
    [SERVER_POLICY_DIFFERENTIAL] = "differential", [SERVER_POLICY_INCONSISTENT] = "inconsistent",
};

/* Their order is part of what is stored (model/domain_codec.c): new ones go to the end. */
static const char *const selectors[DKIM_SELECTOR_COUNT] = {
    "default", "google", "selector1", "selector2", "k1",   "k2",
    "s1",      "s2",     "dkim",      "mail",      "smtp", "mandrill",
};

const char *dkim_selector_name(unsigned n)
{
    return names_of(selectors, DKIM_SELECTOR_COUNT, (int)n);
}

const char *connect_outcome_name(enum connect_outcome outcome)
{
    return names_of(connect_names, CONNECT_OUTCOME_COUNT, (int)outcome);
}

const char *session_end_name(enum session_end end)
{
    return names_of(end_names, SESSION_END_COUNT, (int)end);
}

const char *server_policy_name(enum server_policy policy)
{
    return names_of(policy_names, SERVER_POLICY_COUNT, (int)policy);
}

struct facts *facts_new(void)
{
    struct arena *arena = arena_new();
    struct facts *facts = ARENA_NEW(arena, struct facts);
    facts->arena = arena;
    return facts;
}

void facts_free(struct facts **facts)
{
    if (*facts == NULL)
        return;
    struct arena *arena = (*facts)->arena;
    *facts = NULL;
    arena_free(&arena);
}

bool dns_facts_has_host(const struct dns_facts *dns)
{
    return dns->mx_count > 0 || dns->implicit_mx;
}

void dns_facts_copy(struct arena *arena, struct dns_facts *dst, const struct dns_facts *src)
{
    *dst = *src;
    struct mx_host *mx = arena_array(arena, src->mx_count, sizeof(*mx));
    for (size_t i = 0; i < src->mx_count; i++)
        mx[i] = (struct mx_host){src->mx[i].preference, arena_strdup(arena, src->mx[i].name)};
    dst->mx = mx;
}

static void reply_facts_copy(struct arena *arena, struct reply_facts *dst,
                             const struct reply_facts *src)
{
    *dst = *src;
    dst->text = arena_strdup(arena, src->text);
}

void smtp_facts_copy(struct arena *arena, struct smtp_facts *dst, const struct smtp_facts *src)
{
    *dst = *src;
    dst->host = arena_strdup(arena, src->host);
    dst->peer = arena_strdup(arena, src->peer);
    reply_facts_copy(arena, &dst->refusal, &src->refusal);
    reply_facts_copy(arena, &dst->rcpt, &src->rcpt);
    reply_facts_copy(arena, &dst->random, &src->random);
}

static char printable(char c)
{
    return c >= 0x20 && c <= 0x7E ? c : '?';
}

/* Nothing but printable ASCII? */
static bool is_plain(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (printable(data[i]) != data[i])
            return false;
    return true;
}

const char *facts_printable(struct arena *arena, const char *data, size_t len)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    if (is_plain(data, len))
        return arena_strndup(arena, data, len);
    char *out = arena_array(arena, len + 1, sizeof(replacement) - 1);
    size_t n = 0;
    for (const char *at = data, *end = data + len; at < end;) {
        const char *from = at;
        int32_t cp = utf8_next(&at, end);
        bool shown = cp >= 0x20 && cp != 0x7F && (cp < 0x80 || cp > 0x9F);
        size_t size = shown ? (size_t)(at - from) : sizeof(replacement) - 1;
        memcpy(out + n, shown ? from : replacement, size);
        n += size;
    }
    return out; /* arena memory is zeroed: terminated */
}

/* Behind an enhanced code that repeats the first line's. */
static const char *skip_repeated(const char *line, const char *end, const struct smtp_reply *reply)
{
    const int *code = reply->enhanced;
    char enhanced[48];
    if (code[0] == 0)
        return line;
    size_t len =
        (size_t)snprintf(enhanced, sizeof(enhanced), "%d.%d.%d", code[0], code[1], code[2]);
    bool repeated =
        (size_t)(end - line) > len && memcmp(line, enhanced, len) == 0 && line[len] == ' ';
    return repeated ? line + len + 1 : line;
}

const char *reply_text_line(struct arena *arena, const struct smtp_reply *reply)
{
    if (reply->code == 0)
        return NULL;
    char code[16];
    size_t n = (size_t)snprintf(code, sizeof(code), "%d ", reply->code);
    size_t whole = n + reply->text_len, max = whole < FACTS_TEXT_MAX ? whole : FACTS_TEXT_MAX;
    char *out = arena_alloc(arena, max + 1);
    memcpy(out, code, n);
    const char *at = reply->text, *end = at != NULL ? at + reply->text_len : NULL;
    for (bool first = true; at != NULL && at < end; first = false) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        if (!first) {
            at = skip_repeated(at, stop, reply);
            if (n < max)
                out[n++] = ' ';
        }
        while (at < stop && n < max)
            out[n++] = printable(*at++);
        at = stop + 1;
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return out;
}

const char *facts_domain(const struct facts *facts)
{
    if (facts->address.error == ADDRESS_OK)
        return facts->address.domain;
    const char *at = facts->input != NULL ? strrchr(facts->input, '@') : NULL;
    return at != NULL ? at + 1 : "";
}
