/* smtp_reply.c - received bytes into whole SMTP replies.
 *
 * The peer is a stranger, so the grammar of RFC 5321 4.2 is read as it stands and nothing is
 * repaired: a reader that forgives a bare LF or a stray byte disagrees with the next reader about
 * where a reply ends, and then answers are credited to the wrong recipient.
 *
 *     Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
 *
 * A reply that cannot become valid any more is refused at its first bad octet, so that no session
 * waits for the rest of it.  Nothing is allocated until a reply is complete: a peer that drips
 * octets costs reading time, bounded by SMTP_REPLY_MAX, and no memory. */
#include <string.h>

#include "base/cursor.h"
#include "base/strbuf.h"
#include "smtp/smtp_reply.h"

/* One line: its code, whether another follows, and the text behind the separator. */
struct reply_line {
    int code;
    bool more;
    const unsigned char *text;
    size_t text_len;
};

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static enum smtp_read bad(const char **why, const char *text)
{
    *why = text;
    return SMTP_READ_BAD;
}

/* Reply-code and its separator; MORE when the line is still too short to tell. */
static enum smtp_read read_code(struct cursor *c, struct reply_line *line, const char **why)
{
    line->code = 0;
    for (size_t i = 0; i < 3; i++) {
        int digit = cursor_peek_at(c, i);
        if (digit < 0)
            return SMTP_READ_MORE;
        if (!is_digit(digit) || (i == 0 && (digit < '2' || digit > '5')))
            return bad(why, "not a reply code");
        line->code = line->code * 10 + (digit - '0');
    }
    int separator = cursor_peek_at(c, 3);
    if (separator < 0)
        return SMTP_READ_MORE;
    if (separator != ' ' && separator != '-' && separator != '\r')
        return bad(why, "no separator behind the reply code");
    line->more = separator == '-';
    cursor_skip(c, separator == '\r' ? 3 : 4);
    return SMTP_READ_DONE;
}

/* The rest of the line.  `start` is where the line began: its length counts from there. */
static enum smtp_read read_text(struct cursor *c, const unsigned char *start,
                                struct reply_line *line, const char **why)
{
    line->text = c->at;
    while (!cursor_done(c)) {
        unsigned char octet = cursor_byte(c);
        if (c->at - start > SMTP_LINE_MAX)
            return bad(why, "line too long");
        if (octet == '\0')
            return bad(why, "NUL in a reply");
        if (octet == '\n')
            return bad(why, "bare LF in a reply");
        if (octet != '\r')
            continue;
        line->text_len = (size_t)(c->at - 1 - line->text);
        if (cursor_done(c))
            return SMTP_READ_MORE;
        if (!cursor_accept(c, '\n'))
            return bad(why, "bare CR in a reply");
        return c->at - start > SMTP_LINE_MAX ? bad(why, "line too long") : SMTP_READ_DONE;
    }
    return SMTP_READ_MORE;
}

static enum smtp_read read_line(struct cursor *c, struct reply_line *line, const char **why)
{
    const unsigned char *start = c->at;
    enum smtp_read got = read_code(c, line, why);
    return got == SMTP_READ_DONE ? read_text(c, start, line, why) : got;
}

/* Number of one to three digits, as RFC 3463 has subject and detail; -1 when there is none. */
static int read_number(struct cursor *c)
{
    int value = -1;
    for (int digits = 0; digits < 3 && is_digit(cursor_peek(c)); digits++)
        value = (value < 0 ? 0 : value * 10) + (cursor_byte(c) - '0');
    return value;
}

/* RFC 3463 status-code = class "." subject "." detail, in front of a line's text and of the same
 * class as the reply.  A '#' before it is how some appliances write it. */
static bool read_enhanced(const char *text, size_t len, int reply_class, int enhanced[3])
{
    struct cursor c = cursor_over(text, len);
    cursor_accept(&c, '#');
    int class = cursor_byte(&c) - '0';
    cursor_expect(&c, '.');
    int subject = read_number(&c);
    cursor_expect(&c, '.');
    int detail = read_number(&c);
    bool longer =
        is_digit(cursor_peek(&c)) || (cursor_peek(&c) == '.' && is_digit(cursor_peek_at(&c, 1)));
    if (c.bad || longer || class != reply_class || subject < 0 || detail < 0)
        return false;
    enhanced[0] = class;
    enhanced[1] = subject;
    enhanced[2] = detail;
    return true;
}

/* The first line that carries an enhanced code speaks for the reply. */
static void find_enhanced(struct smtp_reply *reply)
{
    const char *at = reply->text, *end = at + reply->text_len;
    for (size_t line = 0; line < reply->line_count; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline != NULL ? newline : end) - at);
        if (read_enhanced(at, len, reply->code / 100, reply->enhanced))
            return;
        if (newline != NULL)
            at = newline + 1;
    }
}

/* Second pass over lines already known to be good: joins their texts in the arena. */
static void fill_reply(struct arena *arena, const char *data, size_t len, struct smtp_reply *reply)
{
    char *text = arena_alloc(arena, len + 1);
    size_t used = 0;
    struct cursor c = cursor_over(data, len);
    struct reply_line line;
    const char *why;
    while (!cursor_done(&c)) {
        read_line(&c, &line, &why);
        if (reply->line_count++ > 0)
            text[used++] = '\n';
        memcpy(text + used, line.text, line.text_len);
        used += line.text_len;
    }
    reply->code = line.code;
    reply->text = text;
    reply->text_len = used;
    find_enhanced(reply);
}

enum smtp_read smtp_reply_read(struct arena *arena, const char *data, size_t len,
                               struct smtp_reply *reply, size_t *used, const char **why)
{
    struct cursor c = cursor_over(data, len);
    struct reply_line line = {.more = true};
    int code = 0;
    for (size_t lines = 0; line.more; lines++) {
        if (lines == SMTP_LINES_MAX)
            return bad(why, "too many lines in a reply");
        enum smtp_read got = read_line(&c, &line, why);
        if (got == SMTP_READ_BAD)
            return got;
        if ((const char *)c.at - data > SMTP_REPLY_MAX)
            return bad(why, "reply too long");
        if (got == SMTP_READ_MORE)
            return got;
        if (lines > 0 && line.code != code)
            return bad(why, "different codes in one reply");
        code = line.code;
    }
    *used = (size_t)((const char *)c.at - data);
    *reply = (struct smtp_reply){0};
    fill_reply(arena, data, *used, reply);
    return SMTP_READ_DONE;
}

bool smtp_reply_from_text(struct arena *arena, const char *text, size_t len,
                          struct smtp_reply *reply)
{
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    struct strbuf wire = {0};
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
            strbuf_addc(&wire, '\r');
        strbuf_addc(&wire, text[i]);
    }
    strbuf_adds(&wire, "\r\n");
    size_t used = 0;
    const char *why;
    bool whole =
        smtp_reply_read(arena, wire.data, wire.len, reply, &used, &why) == SMTP_READ_DONE &&
        used == wire.len;
    strbuf_free(&wire);
    return whole;
}
