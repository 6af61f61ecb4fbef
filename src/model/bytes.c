/* bytes.c - numbers and texts as the codecs of facts write and read them; see the header.
 *
 * What is read may come from anywhere: a length beyond the end, a number beyond its limit or a
 * character that the text's rule does not know sets the cursor's error, and nothing is taken.  What
 * is written obeys the same rules, so that nothing is written that could not be read back. */
#include <endian.h>
#include <string.h>

#include "model/bytes.h"
#include "model/facts.h"

enum { VARINT_MAX_BYTES = 10 };

static bool in_name(unsigned char b)
{
    return (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') || b == '-' || b == '_' || b == '.';
}

static bool in_number(unsigned char b)
{
    return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'f') || b == '.' || b == ':';
}

static bool in_line(unsigned char b)
{
    return b >= 0x20 && b <= 0x7E;
}

const struct text_rule text_name = {253, 1, in_name};
const struct text_rule text_number = {45, 1, in_number};
const struct text_rule text_title = {64, 1, in_line};
const struct text_rule text_line = {FACTS_TEXT_MAX, 0, in_line};

void bytes_put(struct strbuf *out, uint64_t value, size_t size)
{
    uint64_t little = htole64(value);
    strbuf_add(out, &little, size);
}

uint64_t bytes_get(struct cursor *c, size_t size)
{
    const unsigned char *at = c->at;
    uint64_t value = 0;
    if (cursor_skip(c, size))
        for (size_t i = 0; i < size; i++)
            value |= (uint64_t)at[i] << (8 * i);
    return value;
}

int bytes_get_below(struct cursor *c, int count)
{
    int value = cursor_byte(c);
    c->bad |= value >= count;
    return c->bad ? 0 : value;
}

void bytes_put_varint(struct strbuf *out, uint64_t value)
{
    unsigned char bytes[VARINT_MAX_BYTES];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (unsigned char)(value | 0x80);
    bytes[n++] = (unsigned char)value;
    strbuf_add(out, bytes, n);
}

uint64_t bytes_get_varint(struct cursor *c, uint64_t max)
{
    uint64_t value = 0;
    unsigned char byte = 0x80;
    for (unsigned i = 0; (byte & 0x80) != 0 && !c->bad; i++) {
        byte = cursor_byte(c);
        /* The tenth byte holds the 64th bit, and nothing follows it. */
        c->bad |= (i == VARINT_MAX_BYTES - 1 && byte > 1) || (i > 0 && byte == 0);
        if (!c->bad)
            value |= (uint64_t)(byte & 0x7F) << (7 * i);
    }
    c->bad |= value > max;
    return c->bad ? 0 : value;
}

static bool all_allowed(const char *text, size_t len, const struct text_rule *rule)
{
    for (size_t i = 0; i < len; i++)
        if (!rule->allowed((unsigned char)text[i]))
            return false;
    return len <= rule->max;
}

bool bytes_text_good(const char *text, const struct text_rule *rule)
{
    return text != NULL && all_allowed(text, strlen(text), rule);
}

void bytes_put_text(struct strbuf *out, const char *text, const struct text_rule *rule)
{
    size_t len = bytes_text_good(text, rule) ? strlen(text) : 0;
    if (rule->len_size > 0)
        bytes_put(out, len, rule->len_size);
    else
        bytes_put_varint(out, len);
    strbuf_add(out, text, len);
}

const char *bytes_get_text(struct arena *arena, struct cursor *c, const struct text_rule *rule)
{
    size_t len = (size_t)(rule->len_size > 0 ? bytes_get(c, rule->len_size)
                                             : bytes_get_varint(c, rule->max));
    const char *start = (const char *)c->at;
    if (len > rule->max || !cursor_skip(c, len) || !all_allowed(start, len, rule)) {
        c->bad = true;
        return NULL;
    }
    return len > 0 ? arena_strndup(arena, start, len) : NULL;
}
