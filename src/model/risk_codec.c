/* risk_codec.c - what was found out about a domain, as bytes, and back.
 *
 *     kept = version:u8 flags:u8 age:varint facts      age: days + 1; 0 unknown
 *
 * Facts are those of facts_codec.h, without the reply to the recipient: that was somebody's
 * mailbox. */
#include "model/bytes.h"
#include "model/facts_codec.h"
#include "model/risk_codec.h"
#include "model/domain_facts.h"

enum { VERSION = 1, AGE_MAX = 100000 };
enum {
    FLAG_AGE_ASKED = 1,
    FLAG_BULK_REGISTRAR = 2,
    FLAG_MX_DISPOSABLE = 4,
    FLAG_MX_SUSPICIOUS = 8,
    FLAG_MX_LEGITIMATE = 16,
    FLAGS_ALL = 31,
};

static unsigned flags_of(const struct risk_facts *risk)
{
    return (risk->age_asked ? FLAG_AGE_ASKED : 0U) |
           (risk->bulk_registrar ? FLAG_BULK_REGISTRAR : 0U) |
           (risk->mx_disposable ? FLAG_MX_DISPOSABLE : 0U) |
           (risk->mx_suspicious ? FLAG_MX_SUSPICIOUS : 0U) |
           (risk->mx_legitimate ? FLAG_MX_LEGITIMATE : 0U);
}

void risk_encode(const struct facts *facts, const struct risk_facts *risk, struct strbuf *out)
{
    struct arena *arena = arena_new();
    struct facts kept = *facts;
    int64_t age = risk->age_days >= 0 ? risk->age_days : -1;
    kept.found = (struct found_facts){.searched = false};
    kept.smtp.rcpt = (struct reply_facts){.code = 0};
    reply_facts_keep_codes(arena, &kept.smtp.refusal);
    reply_facts_keep_codes(arena, &kept.smtp.random);
    bytes_put(out, VERSION, 1);
    bytes_put(out, flags_of(risk), 1);
    bytes_put_varint(out, (uint64_t)((age < AGE_MAX ? age : AGE_MAX - 1) + 1));
    facts_encode(&kept, out);
    arena_free(&arena);
}

struct facts *risk_decode(const void *data, size_t len, struct risk_facts *risk)
{
    struct cursor c = cursor_over(data, len);
    if (cursor_byte(&c) != VERSION)
        return NULL;
    unsigned flags = cursor_byte(&c);
    uint64_t age = bytes_get_varint(&c, AGE_MAX);
    if (c.bad || flags > FLAGS_ALL)
        return NULL;
    struct facts *facts = facts_decode(c.at, cursor_left(&c));
    if (facts == NULL)
        return NULL;
    risk->age_asked = (flags & FLAG_AGE_ASKED) != 0;
    risk->bulk_registrar = (flags & FLAG_BULK_REGISTRAR) != 0;
    risk->mx_disposable = (flags & FLAG_MX_DISPOSABLE) != 0;
    risk->mx_suspicious = (flags & FLAG_MX_SUSPICIOUS) != 0;
    risk->mx_legitimate = (flags & FLAG_MX_LEGITIMATE) != 0;
    risk->age_days = (int)age - 1;
    return facts;
}
