/* text_decoder.c - any bytes to UTF-8; see the header.
 *
 * People upload what their spreadsheet saved: UTF-8 with or without a BOM, UTF-16 ("Unicode text"),
 * or an 8-bit code page, of which Windows-1252 is the one met in practice.  A file that is UTF-8
 * but for a few lines is read as both: what is good UTF-8 stays, byte by byte the rest is
 * Windows-1252. So nothing has to be known about the end of a file at its beginning, and nothing is
 * an error.
 *
 * A sequence that the end of a piece cuts is kept in `rest` until as many bytes are there as its
 * first one announces; only then is it judged, so that cuts make no difference. */
#include <string.h>

#include "base/utf8.h"
#include "jobs/text_decoder.h"

enum { REPLACEMENT = 0xFFFD };
#define REPLACEMENT_UTF8 "\xEF\xBF\xBD"

/* 0x80 to 0x9F; the five that are not assigned are C1 controls, as in the WHATWG's table. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

static void put(struct strbuf *out, uint32_t c)
{
    char b[4];
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    for (size_t i = more; i > 0; i--, c >>= 6)
        b[i] = (char)(0x80 | (c & 0x3F));
    b[0] = (char)(lead[more] | c);
    strbuf_add(out, b, more + 1);
}

/* ---- UTF-8 and Windows-1252 ---- */

/* Bytes that the first one of a sequence announces. */
static size_t announced(unsigned char first)
{
    return first < 0xC2 || first > 0xF4 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* One character, or one byte that is none. */
static void decode_one(struct text_decoder *d, const char **at, const char *end, struct strbuf *out)
{
    const char *from = *at;
    unsigned char first = (unsigned char)*from;
    int32_t c = utf8_next(at, end);
    if (c > 0) {
        strbuf_add(out, from, (size_t)(*at - from));
    } else if (c == 0) {
        strbuf_adds(out, REPLACEMENT_UTF8);
    } else {
        d->foreign = true;
        put(out, first < 0xA0 ? windows_1252[first - 0x80] : first);
    }
}

/* The end of what is ASCII and not NUL. */
static const char *plain_end(const char *at, const char *end)
{
    const uint64_t ones = 0x0101010101010101U, tops = 0x8080808080808080U;
    for (uint64_t w; end - at >= 8; at += 8) {
        memcpy(&w, at, 8);
        if (((w | (w - ones)) & tops) != 0) /* a top bit, or a zero among bytes without one */
            break;
    }
    while (at<end && * at> 0)
        at++;
    return at;
}

/* Judges what is complete in `rest`, or all of it. */
static void settle_rest(struct text_decoder *d, bool all, struct strbuf *out)
{
    while (d->rest_len > 0 && (all || d->rest_len >= announced(d->rest[0]))) {
        const char *start = (const char *)d->rest, *at = start;
        decode_one(d, &at, start + d->rest_len, out);
        d->rest_len -= (size_t)(at - start);
        memmove(d->rest, at, d->rest_len);
    }
}

static void feed_utf8(struct text_decoder *d, const char *at, const char *end, struct strbuf *out)
{
    while (d->rest_len > 0 && at < end) {
        d->rest[d->rest_len++] = (unsigned char)*at++;
        settle_rest(d, false, out);
    }
    while (at < end) {
        const char *plain = plain_end(at, end);
        strbuf_add(out, at, (size_t)(plain - at));
        at = plain;
        if (at == end)
            return;
        size_t left = (size_t)(end - at);
        if (announced((unsigned char)*at) > left) {
            memcpy(d->rest, at, left);
            d->rest_len = left;
            return;
        }
        decode_one(d, &at, end, out);
    }
}

/* ---- UTF-16 (RFC 2781) ---- */

static void take_unit(struct text_decoder *d, uint16_t unit, struct strbuf *out)
{
    bool low = unit >= 0xDC00 && unit <= 0xDFFF;
    uint32_t high = d->high;
    d->high = 0;
    if (high != 0 && low) {
        put(out, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00U));
        return;
    }
    if (high != 0)
        put(out, REPLACEMENT);
    if (unit >= 0xD800 && unit <= 0xDBFF)
        d->high = unit;
    else
        put(out, low || unit == 0 ? REPLACEMENT : unit);
}

static void feed_utf16(struct text_decoder *d, const char *at, const char *end, struct strbuf *out)
{
    for (; at < end; at++) {
        unsigned char byte = (unsigned char)*at;
        if (d->rest_len == 0) {
            d->rest[0] = byte;
            d->rest_len = 1;
            continue;
        }
        d->rest_len = 0;
        unsigned unit =
            d->how == TEXT_UTF16BE ? d->rest[0] * 256U + byte : byte * 256U + d->rest[0];
        take_unit(d, (uint16_t)unit, out);
    }
}

/* ---- which one ---- */

/* Latin letters, commas, line ends and addresses are half NULs in UTF-16, all on the same side,
 * even between words of another script. */
static bool one_sided(size_t nuls, size_t others, size_t pairs)
{
    return nuls > 1 && nuls >= pairs / 4 && others <= nuls / 16;
}

/* Decides, and returns the length of the BOM. */
static size_t decide(struct text_decoder *d)
{
    const char *s = d->sample;
    size_t len = d->sample_len, nuls[2] = {0, 0};
    d->how = TEXT_UTF8;
    if (len >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
        return 3;
    if (len >= 2 && memcmp(s, "\xFF\xFE", 2) == 0)
        d->how = TEXT_UTF16LE;
    if (len >= 2 && memcmp(s, "\xFE\xFF", 2) == 0)
        d->how = TEXT_UTF16BE;
    if (d->how != TEXT_UTF8)
        return 2;
    for (size_t i = 0; i < len; i++)
        nuls[i & 1] += s[i] == '\0';
    if (one_sided(nuls[1], nuls[0], len / 2))
        d->how = TEXT_UTF16LE;
    else if (one_sided(nuls[0], nuls[1], len / 2))
        d->how = TEXT_UTF16BE;
    return 0;
}

static void decode(struct text_decoder *d, const char *data, size_t len, struct strbuf *out)
{
    if (d->how == TEXT_UTF8)
        feed_utf8(d, data, data + len, out);
    else
        feed_utf16(d, data, data + len, out);
}

static void end_sample(struct text_decoder *d, struct strbuf *out)
{
    size_t bom = decide(d);
    decode(d, d->sample + bom, d->sample_len - bom, out);
}

void text_decoder_feed(struct text_decoder *d, const char *data, size_t len, struct strbuf *out)
{
    if (d->how == TEXT_UNDECIDED) {
        size_t room = sizeof(d->sample) - d->sample_len, part = len < room ? len : room;
        if (part > 0)
            memcpy(d->sample + d->sample_len, data, part);
        d->sample_len += part;
        if (part < room)
            return;
        end_sample(d, out);
        data += part;
        len -= part;
    }
    if (len > 0)
        decode(d, data, len, out);
}

void text_decoder_finish(struct text_decoder *d, struct strbuf *out)
{
    if (d->how == TEXT_UNDECIDED)
        end_sample(d, out);
    if (d->how == TEXT_UTF8) {
        settle_rest(d, true, out);
        return;
    }
    if (d->high != 0)
        put(out, REPLACEMENT);
    if (d->rest_len > 0)
        put(out, REPLACEMENT);
    d->high = 0;
    d->rest_len = 0;
}

const char *text_decoder_encoding(const struct text_decoder *d)
{
    if (d->how == TEXT_UTF16LE)
        return "UTF-16LE";
    if (d->how == TEXT_UTF16BE)
        return "UTF-16BE";
    return d->foreign ? "Windows-1252" : "UTF-8";
}
