/* facts_codec.c - facts of one address as the bytes that a list's result is kept in, and back.
 *
 * A list has a million of them, so they are small: numbers take the bytes they need, what is yes or
 * no takes a bit, a host says only how it differs from the one before it, and a reply's text leaves
 * out the codes it begins with, as they are kept anyway.
 *
 * The bytes come from a database that other versions of this program, and anybody with access, may
 * have written.  Whatever they are, decoding ends in facts whose every value is within its limits,
 * or in NULL.  Enums are kept as their numbers: new values go to the end, and any other change of
 * an enum, a limit or the format needs a new version.
 *
 * Results stay where they are for as long as their list does, so every version is read for ever.
 * Version 2 is version 1 and two flags more, one of them with a part of its own at the end of dns.
 * Version 3 is version 2 and one flag more, with a part of its own at the end of all: facts of a
 * search.  Facts that are of none are written as version 2.
 *
 *     facts   = version:u8 flags:varint [ confidence:f64 ] provider:str dns smtp
 *               retry_after_s:varint at_us:varint ms:varint [ found ]
 *     dns     = status:u8 presences:u8 selectors:varint ttl:varint dkim_ttl:varint ms:varint
 *               n:u8 { preference:varint shared:u8 rest:str } [ blocked ]
 *     blocked = presence:u8 lists:varint mute:varint ttl:varint
 *     smtp    = connect:u8 end:u8 policy:u8 host:u8 [ name:str ] peer:str port:varint
 *               reply reply reply connections:varint waits:varint connect_ms:varint ms:varint
 *     reply   = head:u8 [ code-and-stage:varint ] [ 3 enhanced:varint ] [ text:str ]
 *     found   = confidence:u8 source:u8 reason:u8 pattern:str variant:varint email:str
 *               asked:varint
 *     shared  = so many bytes at the end of the name before
 *     host    = 0 none, 1 a name follows, 2.. the MX of that index
 */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "model/bytes.h"
#include "model/facts_codec.h"

enum {
    VERSION = 3,
    VERSION_OF_CHECKS = 2,
    VERSION_OLDEST = 1,
    ENHANCED_MAX = 999,
    CODE_MIN = 200,
    CODE_MAX = 599
};

/* ---- yes and no ---- */

#define FLAG(member) offsetof(struct facts, member)

/* Bit n is the member at flags[n]; the bits behind them are what each version added. */
/* clang-format off */
static const size_t flags[] = {
    FLAG(dns_asked), FLAG(dns_known), FLAG(smtp_asked), FLAG(from_cache), FLAG(outage),
    FLAG(lists.disposable), FLAG(lists.role), FLAG(lists.free_provider),
    FLAG(lists.known_provider), FLAG(lists.real_name), FLAG(lists.gibberish),
    FLAG(dns.null_mx), FLAG(dns.implicit_mx),
    FLAG(smtp.banner_ok), FLAG(smtp.helo_ok), FLAG(smtp.mail_ok), FLAG(smtp.tls),
    FLAG(smtp.pipelining), FLAG(smtp.starttls_offered), FLAG(smtp.smtputf8),
};
/* clang-format on */
enum {
    FLAG_COUNT = sizeof(flags) / sizeof(flags[0]),
    FLAG_CONFIDENCE = 1 << FLAG_COUNT, /* a confidence follows */
    FLAG_SPAM_TRAP = FLAG_CONFIDENCE << 1,
    FLAG_BLOCKED = FLAG_SPAM_TRAP << 1, /* dns ends with what block lists said */
    FLAG_SEARCHED = FLAG_BLOCKED << 1,  /* all ends with what was found */
};

/* By version: the highest bit that may be set. */
static const uint64_t highest_flag[] = {
    [1] = FLAG_CONFIDENCE, [2] = FLAG_BLOCKED, [3] = FLAG_SEARCHED};

static bool is_confidence(double value)
{
    return value > 0 && value <= 1;
}

static bool flag(const struct facts *facts, size_t offset)
{
    return *(const bool *)((const char *)facts + offset);
}

static bool asked_block_lists(const struct dns_facts *dns)
{
    return dns->block_listed != PRESENCE_UNKNOWN || dns->block_lists != 0 ||
           dns->block_lists_mute != 0 || dns->block_lists_ttl_s != 0;
}

static void put_flags(struct strbuf *out, const struct facts *facts)
{
    uint64_t bits = (facts->lists.spam_trap ? FLAG_SPAM_TRAP : 0U) |
                    (asked_block_lists(&facts->dns) ? FLAG_BLOCKED : 0U) |
                    (facts->found.searched ? FLAG_SEARCHED : 0U);
    uint64_t image = 0;
    double confidence = facts->lists.disposable_confidence;
    for (size_t i = 0; i < FLAG_COUNT; i++)
        bits |= (uint64_t)flag(facts, flags[i]) << i;
    if (!is_confidence(confidence)) {
        bytes_put_varint(out, bits);
        return;
    }
    memcpy(&image, &confidence, sizeof(image));
    bytes_put_varint(out, bits | FLAG_CONFIDENCE);
    bytes_put(out, image, sizeof(image));
}

/* *blocked: a part about block lists follows in dns. */
static void get_flags(struct cursor *c, unsigned version, struct facts *facts, bool *blocked)
{
    uint64_t bits = bytes_get_varint(c, 2 * highest_flag[version] - 1);
    facts->lists.spam_trap = (bits & FLAG_SPAM_TRAP) != 0;
    facts->found.searched = (bits & FLAG_SEARCHED) != 0;
    *blocked = (bits & FLAG_BLOCKED) != 0;
    for (size_t i = 0; i < FLAG_COUNT; i++)
        *(bool *)((char *)facts + flags[i]) = (bits >> i & 1) != 0;
    if ((bits & FLAG_CONFIDENCE) == 0)
        return;
    double confidence;
    uint64_t image = bytes_get(c, sizeof(image));
    memcpy(&confidence, &image, sizeof(image));
    c->bad |= !is_confidence(confidence);
    facts->lists.disposable_confidence = c->bad ? 0 : confidence;
}

/* ---- numbers ---- */

/* Nothing that is counted is below 0; beyond `max` nothing happens that we know of.  Times that
 * long still fit when somebody turns ms into us. */
static const int64_t TIME_MAX = INT64_C(1) << 53;

static void put_count(struct strbuf *out, int64_t value, int64_t max)
{
    int64_t least = value < max ? value : max;
    bytes_put_varint(out, least > 0 ? (uint64_t)least : 0);
}

static int64_t get_count(struct cursor *c, int64_t max)
{
    return (int64_t)bytes_get_varint(c, (uint64_t)max);
}

/* ---- DNS ---- */

enum { PRESENCE_BITS = 2, PRESENCE_MASK = (1 << PRESENCE_BITS) - 1, PRESENCE_FIELDS = 4 };

static void put_presences(struct strbuf *out, const struct dns_facts *dns)
{
    const enum presence all[PRESENCE_FIELDS] = {dns->spf, dns->dmarc, dns->a_record, dns->dkim};
    unsigned bits = 0;
    for (unsigned i = 0; i < PRESENCE_FIELDS; i++)
        bits |= (unsigned)all[i] << (PRESENCE_BITS * i);
    bytes_put(out, bits, 1);
}

static void get_presences(struct cursor *c, struct dns_facts *dns)
{
    enum presence *all[PRESENCE_FIELDS] = {&dns->spf, &dns->dmarc, &dns->a_record, &dns->dkim};
    unsigned bits = cursor_byte(c);
    for (unsigned i = 0; i < PRESENCE_FIELDS; i++) {
        unsigned value = bits >> (PRESENCE_BITS * i) & PRESENCE_MASK;
        c->bad |= value > PRESENCE_YES;
        *all[i] = (enum presence)value;
    }
}

static size_t shared_end(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b), n = 0;
    while (n < a_len && n < b_len && a[a_len - 1 - n] == b[b_len - 1 - n])
        n++;
    return n;
}

/* A name that could not be read back is written as none, which is bad to whoever reads it. */
static void put_mx(struct strbuf *out, const struct mx_host *mx, const char *before)
{
    bool good = bytes_text_good(mx->name, &text_name) && bytes_text_good(before, &text_name);
    size_t shared = good ? shared_end(mx->name, before) : 0;
    char rest[256] = "";
    if (shared > 0)
        memcpy(rest, mx->name, strlen(mx->name) - shared);
    bytes_put_varint(out, mx->preference);
    bytes_put(out, shared, 1);
    bytes_put_text(out, shared > 0 ? rest : mx->name, &text_name);
}

static struct mx_host get_mx(struct arena *arena, struct cursor *c, const char *before)
{
    struct mx_host mx = {.preference = (uint16_t)bytes_get_varint(c, UINT16_MAX)};
    size_t shared = cursor_byte(c), before_len = strlen(before);
    const char *rest = bytes_get_text(arena, c, &text_name);
    size_t len = shared + (rest != NULL ? strlen(rest) : 0);
    c->bad |= shared > before_len || len == 0 || len > text_name.max;
    if (!c->bad)
        mx.name = shared == 0 ? rest
                              : arena_printf(arena, "%s%s", rest != NULL ? rest : "",
                                             before + before_len - shared);
    return mx;
}

static void put_blocked(struct strbuf *out, const struct dns_facts *dns)
{
    bytes_put(out, dns->block_listed, 1);
    bytes_put_varint(out, dns->block_lists);
    bytes_put_varint(out, dns->block_lists_mute);
    bytes_put_varint(out, dns->block_lists_ttl_s);
}

static void get_blocked(struct cursor *c, struct dns_facts *dns)
{
    const uint64_t all = (UINT64_C(1) << BLOCK_LISTS_MAX) - 1;
    dns->block_listed = (enum presence)bytes_get_below(c, PRESENCE_YES + 1);
    dns->block_lists = (uint32_t)bytes_get_varint(c, all);
    dns->block_lists_mute = (uint32_t)bytes_get_varint(c, all);
    dns->block_lists_ttl_s = (uint32_t)bytes_get_varint(c, UINT32_MAX);
    c->bad |= !asked_block_lists(dns);
}

static void put_dns(struct strbuf *out, const struct dns_facts *dns)
{
    assert(dns->mx_count <= FACTS_MX_MAX);
    bytes_put(out, dns->mx_status, 1);
    put_presences(out, dns);
    bytes_put_varint(out, dns->dkim_selectors);
    bytes_put_varint(out, dns->ttl_s);
    bytes_put_varint(out, dns->dkim_ttl_s);
    put_count(out, dns->ms, TIME_MAX);
    bytes_put(out, dns->mx_count, 1);
    for (size_t i = 0; i < dns->mx_count; i++)
        put_mx(out, &dns->mx[i], i > 0 ? dns->mx[i - 1].name : "");
    if (asked_block_lists(dns))
        put_blocked(out, dns);
}

static void get_dns(struct arena *arena, struct cursor *c, struct dns_facts *dns)
{
    dns->mx_status = (enum dns_status)bytes_get_below(c, DNS_STATUS_COUNT);
    get_presences(c, dns);
    dns->dkim_selectors = (uint32_t)bytes_get_varint(c, (1U << DKIM_SELECTOR_COUNT) - 1);
    dns->ttl_s = (uint32_t)bytes_get_varint(c, UINT32_MAX);
    dns->dkim_ttl_s = (uint32_t)bytes_get_varint(c, UINT32_MAX);
    dns->ms = get_count(c, TIME_MAX);
    dns->mx_count = (size_t)bytes_get_below(c, FACTS_MX_MAX + 1);
    struct mx_host *mx = arena_array(arena, dns->mx_count, sizeof(*mx));
    for (size_t i = 0; i < dns->mx_count && !c->bad; i++)
        mx[i] = get_mx(arena, c, i > 0 ? mx[i - 1].name : "");
    dns->mx = mx;
}

/* ---- replies ---- */

/* A reply's head: class, what stands for the text, whether enhanced codes follow, whether code and
 * stage do.  No reply is one byte. */
enum {
    HEAD_CLASS = 0x0F,
    HEAD_TEXT_SHIFT = 4,
    HEAD_TEXT = 0x30,
    HEAD_ENHANCED = 0x40,
    HEAD_CODE = 0x80
};
enum text_form { TEXT_NONE, TEXT_WHOLE, TEXT_BEHIND_CODES, TEXT_FORM_COUNT };
enum { STAGES = 8, CODE_AND_STAGE_MAX = CODE_MAX * STAGES + STAGES - 1 };
static_assert((int)REPLY_CLASS_COUNT <= HEAD_CLASS + 1, "a class fits into the head");
static_assert((int)SMTP_STAGE_COUNT <= (int)STAGES, "a stage fits beside the code");

/* What a text begins with as a rule: "250", "550 5.1.1". */
enum { CODES_SIZE = 48 };
static size_t codes_of(const struct reply_facts *reply, char codes[CODES_SIZE])
{
    const int *e = reply->enhanced;
    int len = e[0] != 0 ? snprintf(codes, CODES_SIZE, "%d %d.%d.%d", reply->code, e[0], e[1], e[2])
                        : snprintf(codes, CODES_SIZE, "%d", reply->code);
    return (size_t)len;
}

/* *rest: what of the text is to be written. */
static enum text_form form_of(const struct reply_facts *reply, const char **rest)
{
    char codes[CODES_SIZE];
    *rest = reply->text;
    if (!bytes_text_good(reply->text, &text_line) || reply->text[0] == '\0')
        return TEXT_NONE;
    size_t len = codes_of(reply, codes);
    if (strncmp(reply->text, codes, len) != 0)
        return TEXT_WHOLE;
    *rest += len;
    return TEXT_BEHIND_CODES;
}

static void put_reply(struct strbuf *out, const struct reply_facts *reply)
{
    const char *rest;
    enum text_form form = form_of(reply, &rest);
    const int *e = reply->enhanced;
    bool enhanced = e[0] > 0 || e[1] > 0 || e[2] > 0;
    int code_and_stage = reply->code * STAGES + (int)reply->stage;
    bytes_put(out,
              (unsigned)reply->cls | (unsigned)form << HEAD_TEXT_SHIFT |
                  (enhanced ? HEAD_ENHANCED : 0U) | (code_and_stage > 0 ? HEAD_CODE : 0U),
              1);
    if (code_and_stage > 0)
        put_count(out, code_and_stage, CODE_AND_STAGE_MAX);
    for (size_t i = 0; i < 3 && enhanced; i++)
        put_count(out, e[i], ENHANCED_MAX);
    if (form != TEXT_NONE)
        bytes_put_text(out, rest, &text_line);
}

static const char *get_reply_text(struct arena *arena, struct cursor *c,
                                  const struct reply_facts *reply, enum text_form form)
{
    char codes[CODES_SIZE];
    if (form == TEXT_NONE)
        return NULL;
    const char *text = bytes_get_text(arena, c, &text_line);
    if (form == TEXT_WHOLE) {
        c->bad |= text == NULL;
        return text;
    }
    size_t len = codes_of(reply, codes) + (text != NULL ? strlen(text) : 0);
    c->bad |= len > text_line.max;
    return arena_printf(arena, "%s%s", codes, text != NULL ? text : "");
}

static void get_reply(struct arena *arena, struct cursor *c, struct reply_facts *reply)
{
    int head = cursor_byte(c);
    int class = head & HEAD_CLASS, form = (head & HEAD_TEXT) >> HEAD_TEXT_SHIFT;
    int code_and_stage = (head & HEAD_CODE) != 0 ? (int)get_count(c, CODE_AND_STAGE_MAX) : 0;
    reply->code = code_and_stage / STAGES;
    c->bad |= class >= REPLY_CLASS_COUNT || form >= TEXT_FORM_COUNT ||
              code_and_stage % STAGES >= SMTP_STAGE_COUNT ||
              (reply->code != 0 && reply->code < CODE_MIN);
    reply->cls = (enum reply_class) class;
    reply->stage = (enum smtp_stage)(code_and_stage % STAGES);
    for (size_t i = 0; i < 3 && (head & HEAD_ENHANCED) != 0; i++)
        reply->enhanced[i] = (int)get_count(c, ENHANCED_MAX);
    if (!c->bad)
        reply->text = get_reply_text(arena, c, reply, (enum text_form)form);
}

/* ---- SMTP ---- */

enum { HOST_NONE, HOST_NAMED, HOST_MX };

static void put_host(struct strbuf *out, const struct facts *facts)
{
    const char *host = facts->smtp.host;
    if (!bytes_text_good(host, &text_name) || host[0] == '\0') {
        bytes_put(out, HOST_NONE, 1);
        return;
    }
    size_t i = 0;
    while (i < facts->dns.mx_count && strcmp(facts->dns.mx[i].name, host) != 0)
        i++;
    bool among_mx = i < facts->dns.mx_count;
    bytes_put(out, among_mx ? HOST_MX + i : HOST_NAMED, 1);
    if (!among_mx)
        bytes_put_text(out, host, &text_name);
}

static const char *get_host(struct arena *arena, struct cursor *c, const struct dns_facts *dns)
{
    int host = bytes_get_below(c, HOST_MX + (int)dns->mx_count);
    if (c->bad || host == HOST_NONE)
        return NULL;
    if (host >= HOST_MX)
        return dns->mx[host - HOST_MX].name;
    const char *name = bytes_get_text(arena, c, &text_name);
    c->bad |= name == NULL;
    return name;
}

static void put_smtp(struct strbuf *out, const struct facts *facts)
{
    const struct smtp_facts *smtp = &facts->smtp;
    bytes_put(out, smtp->connect, 1);
    bytes_put(out, smtp->end, 1);
    bytes_put(out, smtp->policy, 1);
    put_host(out, facts);
    bytes_put_text(out, smtp->peer, &text_number);
    put_count(out, smtp->port, UINT16_MAX);
    put_reply(out, &smtp->refusal);
    put_reply(out, &smtp->rcpt);
    put_reply(out, &smtp->random);
    put_count(out, smtp->connections, INT_MAX);
    put_count(out, smtp->waits, INT_MAX);
    put_count(out, smtp->connect_ms, TIME_MAX);
    put_count(out, smtp->ms, TIME_MAX);
}

static void get_smtp(struct cursor *c, struct facts *facts)
{
    struct smtp_facts *smtp = &facts->smtp;
    smtp->connect = (enum connect_outcome)bytes_get_below(c, CONNECT_OUTCOME_COUNT);
    smtp->end = (enum session_end)bytes_get_below(c, SESSION_END_COUNT);
    smtp->policy = (enum server_policy)bytes_get_below(c, SERVER_POLICY_COUNT);
    smtp->host = get_host(facts->arena, c, &facts->dns);
    smtp->peer = bytes_get_text(facts->arena, c, &text_number);
    smtp->port = (int)get_count(c, UINT16_MAX);
    get_reply(facts->arena, c, &smtp->refusal);
    get_reply(facts->arena, c, &smtp->rcpt);
    get_reply(facts->arena, c, &smtp->random);
    smtp->connections = (int)get_count(c, INT_MAX);
    smtp->waits = (int)get_count(c, INT_MAX);
    smtp->connect_ms = get_count(c, TIME_MAX);
    smtp->ms = get_count(c, TIME_MAX);
}

/* ---- a search ---- */

static void put_found(struct strbuf *out, const struct found_facts *found)
{
    bytes_put(out, found->confidence, 1);
    bytes_put(out, found->source, 1);
    bytes_put(out, found->reason, 1);
    bytes_put_text(out, found->pattern, &text_title);
    put_count(out, found->variant, UINT8_MAX);
    bytes_put_text(out, found->email, &text_line);
    put_count(out, found->asked, INT_MAX);
}

static void get_found(struct arena *arena, struct cursor *c, struct found_facts *found)
{
    found->confidence = (enum found_confidence)bytes_get_below(c, FOUND_CONFIDENCE_COUNT);
    found->source = (enum found_source)bytes_get_below(c, FOUND_SOURCE_COUNT);
    found->reason = (enum found_reason)bytes_get_below(c, FOUND_REASON_COUNT);
    found->pattern = bytes_get_text(arena, c, &text_title);
    found->variant = (int)get_count(c, UINT8_MAX);
    found->email = bytes_get_text(arena, c, &text_line);
    found->asked = (int)get_count(c, INT_MAX);
}

/* ---- the whole ---- */

void facts_encode(const struct facts *facts, struct strbuf *out)
{
    bytes_put(out, facts->found.searched ? VERSION : VERSION_OF_CHECKS, 1);
    put_flags(out, facts);
    bytes_put_text(out, facts->lists.provider, &text_title);
    put_dns(out, &facts->dns);
    put_smtp(out, facts);
    put_count(out, facts->retry_after_s, INT32_MAX);
    put_count(out, facts->at_us, TIME_MAX);
    put_count(out, facts->ms, TIME_MAX);
    if (facts->found.searched)
        put_found(out, &facts->found);
}

struct facts *facts_decode(const void *data, size_t len)
{
    struct cursor c = cursor_over(data, len);
    unsigned version = cursor_byte(&c);
    bool blocked = false;
    if (len > FACTS_CODEC_MAX || version < VERSION_OLDEST || version > VERSION)
        return NULL;
    struct facts *facts = facts_new();
    facts->input = "";
    get_flags(&c, version, facts, &blocked);
    facts->lists.provider = bytes_get_text(facts->arena, &c, &text_title);
    get_dns(facts->arena, &c, &facts->dns);
    if (blocked)
        get_blocked(&c, &facts->dns);
    get_smtp(&c, facts);
    facts->retry_after_s = get_count(&c, INT32_MAX);
    facts->at_us = get_count(&c, TIME_MAX);
    facts->ms = get_count(&c, TIME_MAX);
    if (facts->found.searched)
        get_found(facts->arena, &c, &facts->found);
    if (c.bad || !cursor_done(&c))
        facts_free(&facts);
    return facts;
}
