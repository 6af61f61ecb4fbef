/* smtp_policy.c - who is this reply about?  See the header for the question and
 * smtp_policy_table.c for the answers.
 *
 * This file gathers the evidence (code, RFC 3463 code, topics the words speak of) and leaves the
 * decision to the rules.  It also compares two refusals.  Pure; any bytes are fine as text. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "smtp/smtp_policy_private.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One number of an RFC 3463 code: one to three digits.  Moves *at past it. */
static bool read_number(const char **at, const char *end, int *out)
{
    const char *start = *at;
    for (*out = 0; *at < end && is_digit(**at) && *at - start < 3; (*at)++)
        *out = *out * 10 + (**at - '0');
    return *at > start && (*at == end || !is_digit(**at));
}

/* status-code = class "." subject "." detail, not part of a longer number or name. */
static bool read_status(const char *at, const char *end, struct smtp_evidence *e)
{
    int class, subject, detail;
    if (!read_number(&at, end, &class) || class != e->code / 100 || at == end || *at++ != '.')
        return false;
    if (!read_number(&at, end, &subject) || subject > 7 || at == end || *at++ != '.')
        return false;
    if (!read_number(&at, end, &detail))
        return false;
    if (at < end && (isalnum((unsigned char)*at) || *at == '@' || *at == '-'))
        return false;
    if (at + 1 < end && *at == '.' && isalnum((unsigned char)at[1]))
        return false;
    e->subject = subject;
    e->detail = detail;
    return true;
}

/* Where the reply's reader found no code at the start of the text, one may stand further behind:
 * "#5.1.0 Address rejected", "sorry, no mailbox here by that name (#5.1.1)". */
static void find_status(const struct smtp_reply *reply, struct smtp_evidence *e)
{
    if (reply->enhanced[0] != 0) {
        e->subject = reply->enhanced[1];
        e->detail = reply->enhanced[2];
        return;
    }
    const char *end = reply->text_len > 0 ? reply->text + reply->text_len : NULL;
    bool may_begin = true;
    for (const char *at = reply->text; at < end; at++) {
        if (may_begin && is_digit(*at) && read_status(at, end, e))
            return;
        may_begin = strchr(" \t\n#([", *at) != NULL;
    }
}

static void find_topics(const struct smtp_reply *reply, struct smtp_topics *out)
{
    static _Thread_local struct smtp_words words; /* 16 kB are not cleared for every reply */
    smtp_words_from(reply->text, reply->text_len, &words);
    smtp_topics_find(&words, out);
}

struct smtp_policy_result smtp_policy_classify(const struct smtp_policy_context *context,
                                               const struct smtp_reply *reply)
{
    struct smtp_evidence evidence = {.context = context, .code = reply->code};
    find_status(reply, &evidence);
    find_topics(reply, &evidence.topics);
    return smtp_rules_apply(&evidence);
}

bool smtp_policy_ambiguous(enum reply_class cls)
{
    return cls == REPLY_POLICY;
}

bool smtp_policy_wants_tls(const struct smtp_reply *reply)
{
    enum { ENCRYPTION_NEEDED = 523 }; /* RFC 5248: x.7.10 */
    if (reply->code < 400)
        return false;
    if (reply->code == ENCRYPTION_NEEDED || (reply->enhanced[1] == 7 && reply->enhanced[2] == 10))
        return true;
    if (!smtp_topics_may_be_tls(reply->text)) /* most refusals, and every one is asked */
        return false;
    struct smtp_topics topics;
    find_topics(reply, &topics);
    return topics.reason[TOPIC_TLS] != NULL;
}

/* ---- the same refusal? ---- */

static bool is_separator(char c)
{
    return isspace((unsigned char)c) || strchr("<>()[]{}\"',;=", c) != NULL;
}

/* A host name, "mx1.example.org" or "[192.0.2.1]:25", and not "RESOLVER.ADR.RecipNotFound". */
static bool is_host_like(const char *token, size_t len)
{
    size_t dots = 0;
    for (size_t i = 0; i < len; i++) {
        if (isupper((unsigned char)token[i]))
            return false;
        dots += token[i] == '.' && i > 0 && i + 1 < len;
    }
    return dots > 0;
}

/* What differs between two answers to the same question: addresses, the recipient's name, hosts,
 * and whatever holds a digit (ids, times, counters, IP addresses). */
static bool is_variable(const char *token, size_t len, const char *recipient)
{
    const char *at = recipient != NULL ? strrchr(recipient, '@') : NULL;
    size_t local_len = at != NULL ? (size_t)(at - recipient) : 0;
    while (len > 0 && strchr(".:", token[len - 1]) != NULL)
        len--;
    if (len > 0 && len == local_len && strncasecmp(token, recipient, len) == 0)
        return true;
    for (size_t i = 0; i < len; i++)
        if (is_digit(token[i]) || token[i] == '@')
            return true;
    return is_host_like(token, len);
}

/* The text with one '#' for every run of variable tokens, lower case, single spaces. */
static void blank_out(const struct smtp_reply *reply, const char *recipient, struct strbuf *out)
{
    const char *at = reply->text, *end = reply->text_len > 0 ? at + reply->text_len : at;
    while (at < end) {
        const char *token = at;
        while (at < end && !is_separator(*at))
            at++;
        size_t len = (size_t)(at - token);
        at += at < end;
        if (len == 0)
            continue;
        if (!is_variable(token, len, recipient)) {
            for (size_t i = 0; i < len; i++)
                strbuf_addc(out, (char)tolower((unsigned char)token[i]));
            strbuf_addc(out, ' ');
        } else if (out->len < 2 || out->data[out->len - 2] != '#') {
            strbuf_adds(out, "# ");
        }
    }
}

bool smtp_policy_same_refusal(const struct smtp_reply *a, const char *recipient_a,
                              const struct smtp_reply *b, const char *recipient_b)
{
    struct smtp_evidence status_a = {.code = a->code}, status_b = {.code = b->code};
    find_status(a, &status_a);
    find_status(b, &status_b);
    if (a->code != b->code || status_a.subject != status_b.subject ||
        status_a.detail != status_b.detail)
        return false;
    struct strbuf text_a = {0}, text_b = {0};
    blank_out(a, recipient_a, &text_a);
    blank_out(b, recipient_b, &text_b);
    bool same = strcmp(strbuf_text(&text_a), strbuf_text(&text_b)) == 0;
    strbuf_free(&text_a);
    strbuf_free(&text_b);
    return same;
}
