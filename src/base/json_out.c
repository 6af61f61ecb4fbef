/* json_out.c - JSON as everything here writes it: compact, members in order, no byte that is not
 * UTF-8, slashes as they are.  Running out of memory ends the process, as everywhere.
 *
 *   string = quotation-mark *char quotation-mark       char = unescaped / escape (...)
 *   unescaped = %x20-21 / %x23-5B / %x5D-10FFFF        RFC 8259, section 7
 */
#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "base/json_out.h"

static void begin(struct json_out *json, const char *key)
{
    bool comma = json->comma;
    json->comma = true;
    if (key == NULL) {
        if (comma)
            strbuf_addc(json->text, ',');
        return;
    }
    size_t len = strlen(key);
    char *at = strbuf_extend(json->text, comma + len + 3);
    if (comma)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, key, len);
    memcpy(at + len, "\":", 2);
}

static void open_with(struct json_out *json, const char *key, char bracket)
{
    begin(json, key);
    strbuf_addc(json->text, bracket);
    json->comma = false;
}

static void end_with(struct json_out *json, char bracket)
{
    strbuf_addc(json->text, bracket);
    json->comma = true;
}

void json_out_object(struct json_out *json, const char *key)
{
    open_with(json, key, '{');
}

void json_out_object_end(struct json_out *json)
{
    end_with(json, '}');
}

void json_out_array(struct json_out *json, const char *key)
{
    open_with(json, key, '[');
}

void json_out_array_end(struct json_out *json)
{
    end_with(json, ']');
}

void json_out_bool(struct json_out *json, const char *key, bool value)
{
    begin(json, key);
    strbuf_adds(json->text, value ? "true" : "false");
}

void json_out_int(struct json_out *json, const char *key, int64_t value)
{
    begin(json, key);
    strbuf_add_int(json->text, value);
}

void json_out_real(struct json_out *json, const char *key, double value)
{
    begin(json, key);
    strbuf_printf(json->text, "%.4f", value);
}

void json_out_decimal(struct json_out *json, const char *key, int64_t value, int decimals)
{
    uint64_t scale = 1, size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    while (decimals > 0 && size % 10 == 0) {
        size /= 10;
        decimals--;
    }
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    begin(json, key);
    strbuf_printf(json->text, "%s%" PRIu64, value < 0 ? "-" : "", size / scale);
    if (decimals > 0)
        strbuf_printf(json->text, ".%0*" PRIu64, decimals, size % scale);
}

void json_out_null(struct json_out *json, const char *key)
{
    begin(json, key);
    strbuf_add(json->text, "null", 4);
}

void json_out_int_or_null(struct json_out *json, const char *key, int64_t value, bool present)
{
    if (present)
        json_out_int(json, key, value);
    else
        json_out_null(json, key);
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void add_escape(struct strbuf *text, char c)
{
    static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    const char *found = memchr(named, c, sizeof(named) - 1);
    strbuf_addc(text, '\\');
    if (found != NULL)
        strbuf_addc(text, names[found - named]);
    else
        strbuf_printf(text, "u%04x", (unsigned)(unsigned char)c);
}

/* What may stand in a string as it is, in one piece; the rest singly. */
static void add_string(struct strbuf *text, const char *s, size_t len)
{
    const char *end = s + len;
    strbuf_addc(text, '"');
    while (s < end) {
        const char *from = s;
        while (s < end && is_plain(*s))
            s++;
        strbuf_add(text, from, (size_t)(s - from));
        if (s < end)
            add_escape(text, *s++);
    }
    strbuf_addc(text, '"');
}

static void add_repaired(struct strbuf *text, const char *s, size_t len)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    struct strbuf clean = {0};
    for (const char *at = s, *end = s + len; at < end;) {
        const char *from = at;
        if (utf8_next(&at, end) >= 0)
            strbuf_add(&clean, from, (size_t)(at - from));
        else
            strbuf_adds(&clean, replacement);
    }
    add_string(text, strbuf_text(&clean), clean.len);
    strbuf_free(&clean);
}

void json_out_text(struct json_out *json, const char *key, const char *text)
{
    if (text == NULL) {
        json_out_null(json, key);
        return;
    }
    size_t len = strlen(text);
    begin(json, key);
    if (utf8_valid(text, len))
        add_string(json->text, text, len);
    else
        add_repaired(json->text, text, len);
}
