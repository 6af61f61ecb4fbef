/* syntax.c - the one address parser: bytes to struct address, or the rule that was broken.
 *
 * What is accepted is RFC 5321's Mailbox with RFC 6531's UTF-8 local parts, and nothing of RFC
 * 5322: no comments, no folding, no display names, no obsolete forms.  An address is judged as an
 * SMTP client has to send it.  The host name behind the @ is domain.c's work.
 *
 * Which error wins when several apply, first to last: empty; a control character anywhere; bytes
 * that are no UTF-8 anywhere; no @ at all; then left to right, local part before domain, and
 * within each of them grammar before length.  The length of the whole comes last, because it is
 * that of the normalised form with A-labels.  So "cr lf never gets through" does not depend on any
 * rule behind it, and a caller can repair the first thing it is told.
 *
 * Normalised means: quotes and escapes that are not needed are dropped, those that are needed are
 * written the shortest way, the domain is in lower-case A-labels, letter case in the local part
 * stays (only its server may say that it does not matter: RFC 5321 2.4).
 *
 * Pure; on error nothing in *out but the error is meaningful, and all of it is zero.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/cursor.h"
#include "base/utf8.h"
#include "verify/domain.h"
#include "verify/syntax.h"

/* Byte classes, so that a local part is one table look-up a byte. */
enum {
    CLASS_ATEXT = 1, /* RFC 5322 3.2.3, and UTF8-non-ascii by RFC 6531 3.3 */
    CLASS_QTEXT = 2, /* RFC 5321 4.1.2 qtextSMTP, and UTF8-non-ascii */
    CLASS_CONTROL = 4,
};

static const unsigned char byte_class[256] = {
    [0x00 ... 0x1F] = CLASS_CONTROL,
    [' '] = CLASS_QTEXT,
    ['!'] = CLASS_ATEXT | CLASS_QTEXT,
    /* '"' ends a quoted string */
    ['#' ... '\''] = CLASS_ATEXT | CLASS_QTEXT,
    ['(' ... ')'] = CLASS_QTEXT,
    ['*' ... '+'] = CLASS_ATEXT | CLASS_QTEXT,
    [','] = CLASS_QTEXT,
    ['-'] = CLASS_ATEXT | CLASS_QTEXT,
    ['.'] = CLASS_QTEXT,
    ['/' ... '9'] = CLASS_ATEXT | CLASS_QTEXT,
    [':' ... '<'] = CLASS_QTEXT,
    ['='] = CLASS_ATEXT | CLASS_QTEXT,
    ['>'] = CLASS_QTEXT,
    ['?'] = CLASS_ATEXT | CLASS_QTEXT,
    ['@'] = CLASS_QTEXT,
    ['A' ... 'Z'] = CLASS_ATEXT | CLASS_QTEXT,
    ['['] = CLASS_QTEXT,
    /* '\\' starts a quoted pair */
    [']'] = CLASS_QTEXT,
    ['^' ... '~'] = CLASS_ATEXT | CLASS_QTEXT,
    [0x7F] = CLASS_CONTROL,
    [0x80 ... 0xFF] = CLASS_ATEXT | CLASS_QTEXT,
};

static bool is_atext(unsigned char c)
{
    return (byte_class[c] & CLASS_ATEXT) != 0;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* C1 controls and Unicode's own line ends: as unwelcome in a log or a mail header as CR and LF. */
static bool is_wide_control(int32_t code_point)
{
    return (code_point >= 0x80 && code_point <= 0x9F) || code_point == 0x2028 ||
           code_point == 0x2029;
}

/* What holds for every byte of an address, wherever it stands. */
static enum address_error bytes_check(const char *data, size_t len)
{
    unsigned seen_control = 0, seen_high = 0;
    for (size_t i = 0; i < len; i++) {
        seen_control |= byte_class[(unsigned char)data[i]] & CLASS_CONTROL;
        seen_high |= (unsigned char)data[i] & 0x80;
    }
    if (seen_control)
        return ADDRESS_CONTROL;
    enum address_error error = ADDRESS_OK;
    for (const char *at = data, *end = data + len; seen_high && at < end;) {
        int32_t code_point = utf8_next(&at, end);
        if (is_wide_control(code_point))
            return ADDRESS_CONTROL;
        if (code_point < 0)
            error = ADDRESS_BAD_UTF8;
    }
    return error;
}

/*   Dot-string  = Atom *("." Atom)                    ; RFC 5321 4.1.2
 *   Atom        = 1*atext
 *
 * Reads the longest one; bad when there is none or when a dot is not followed by an atom. */
static void dot_string_read(struct cursor *c)
{
    do {
        if (cursor_while(c, is_atext, NULL) == 0)
            c->bad = true;
    } while (cursor_accept(c, '.'));
}

static bool is_dot_string(const char *s, size_t len)
{
    struct cursor c = cursor_over(s, len);
    dot_string_read(&c);
    return !c.bad && cursor_done(&c);
}

static enum address_error local_dot_string(struct cursor *c, struct address *out)
{
    const char *start = (const char *)c->at;
    dot_string_read(c);
    size_t len = (size_t)((const char *)c->at - start);
    if (c->bad || cursor_peek(c) != '@')
        return ADDRESS_LOCAL_BAD;
    if (len > ADDRESS_LOCAL_MAX)
        return ADDRESS_LOCAL_TOO_LONG;
    memcpy(out->local_plain, start, len);
    memcpy(out->local, start, len);
    return ADDRESS_OK;
}

/* Writes a quoted-string again with as few escapes as there can be. */
static void quote(const char *plain, size_t len, char *out)
{
    *out++ = '"';
    for (size_t i = 0; i < len; i++) {
        if (plain[i] == '"' || plain[i] == '\\')
            *out++ = '\\';
        *out++ = plain[i];
    }
    *out++ = '"';
    *out = '\0';
}

/*   Quoted-string  = DQUOTE *QcontentSMTP DQUOTE       ; RFC 5321 4.1.2
 *   QcontentSMTP   = qtextSMTP / quoted-pairSMTP
 *   quoted-pairSMTP = %d92 %d32-126
 *   qtextSMTP      = %d32-33 / %d35-91 / %d93-126 / UTF8-non-ascii
 *
 * Length counts as written, quotes and escapes included: that is what RFC 5321 4.5.3.1.1 limits. */
static enum address_error local_quoted(struct cursor *c, struct address *out)
{
    const unsigned char *start = c->at;
    size_t len = 0;
    cursor_expect(c, '"');
    while (!cursor_accept(c, '"')) {
        bool pair = cursor_accept(c, '\\');
        unsigned char next = cursor_byte(c);
        if (c->bad || (pair ? next >= 0x80 : (byte_class[next] & CLASS_QTEXT) == 0))
            return ADDRESS_QUOTED_BAD;
        if (len < ADDRESS_LOCAL_MAX)
            out->local_plain[len++] = (char)next;
    }
    if (cursor_peek(c) != '@')
        return ADDRESS_QUOTED_BAD;
    if (c->at - start > ADDRESS_LOCAL_MAX)
        return ADDRESS_LOCAL_TOO_LONG;
    out->quoted = !is_dot_string(out->local_plain, len);
    if (out->quoted)
        quote(out->local_plain, len, out->local);
    else
        memcpy(out->local, out->local_plain, len);
    return ADDRESS_OK;
}

/*   Local-part  = Dot-string / Quoted-string */
static enum address_error local_read(struct cursor *c, struct address *out)
{
    if (cursor_peek(c) == '@')
        return ADDRESS_LOCAL_EMPTY;
    return cursor_peek(c) == '"' ? local_quoted(c, out) : local_dot_string(c, out);
}

/*   IPv4-address-literal = Snum 3("."  Snum)          ; RFC 5321 4.1.3
 *   Snum                 = 1*3DIGIT                   ; 0 to 255, leading zeros allowed */
static bool is_ipv4(const char *s, size_t len)
{
    struct cursor c = cursor_over(s, len);
    for (int field = 0; field < 4; field++) {
        const char *digits = NULL;
        if (field > 0)
            cursor_expect(&c, '.');
        size_t count = cursor_while(&c, is_digit, &digits);
        unsigned value = 0;
        for (size_t i = 0; i < count && i < 3; i++)
            value = value * 10 + (unsigned)(digits[i] - '0');
        if (count < 1 || count > 3 || value > 255)
            return false;
    }
    return !c.bad && cursor_done(&c);
}

/*   IPv6-address-literal = "IPv6:" IPv6-addr */
static bool is_ipv6(const char *s, size_t len)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    size_t tag = sizeof("IPv6:") - 1;
    if (len <= tag || len - tag >= sizeof(text) || strncasecmp(s, "IPv6:", tag) != 0)
        return false;
    memcpy(text, s + tag, len - tag);
    text[len - tag] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

/*   address-literal = "[" ( IPv4-address-literal / IPv6-address-literal /
 *                     General-address-literal ) "]"
 *
 * No tag but IPv6 was ever registered for a General-address-literal.  A good literal is still an
 * error here: its mailbox has no domain whose servers could be asked. */
static enum address_error literal_read(const char *s, size_t len)
{
    if (len < 2 || s[len - 1] != ']')
        return ADDRESS_LITERAL_BAD;
    bool good = is_ipv4(s + 1, len - 2) || is_ipv6(s + 1, len - 2);
    return good ? ADDRESS_LITERAL : ADDRESS_LITERAL_BAD;
}

/*   Mailbox = Local-part "@" ( Domain / address-literal ) */
static enum address_error mailbox_read(struct cursor *c, struct address *out)
{
    enum address_error error = local_read(c, out);
    if (error != ADDRESS_OK)
        return error;
    cursor_expect(c, '@');
    const char *domain = (const char *)c->at;
    if (cursor_peek(c) == '[')
        return literal_read(domain, cursor_left(c));
    return domain_parse(domain, cursor_left(c), out->domain);
}

/* Joins the halves; the sum is limited by the path of RFC 5321 4.5.3.1.3, without its brackets. */
static enum address_error text_join(struct address *out)
{
    size_t local = strlen(out->local), domain = strlen(out->domain);
    if (local + 1 + domain > ADDRESS_MAX)
        return ADDRESS_TOO_LONG;
    memcpy(out->text, out->local, local);
    out->text[local] = '@';
    memcpy(out->text + local + 1, out->domain, domain);
    for (size_t i = 0; i < local; i++)
        out->utf8 = out->utf8 || (unsigned char)out->local[i] >= 0x80;
    return ADDRESS_OK;
}

static enum address_error address_read(const char *data, size_t len, struct address *out)
{
    if (len == 0)
        return ADDRESS_EMPTY;
    enum address_error error = bytes_check(data, len);
    if (error != ADDRESS_OK)
        return error;
    if (memchr(data, '@', len) == NULL)
        return ADDRESS_NO_AT;
    struct cursor c = cursor_over(data, len);
    error = mailbox_read(&c, out);
    return error != ADDRESS_OK ? error : text_join(out);
}

enum address_error address_parse(const char *data, size_t len, struct address *out)
{
    memset(out, 0, sizeof(*out));
    enum address_error error = address_read(data, len, out);
    if (error != ADDRESS_OK)
        memset(out, 0, sizeof(*out));
    out->error = error;
    return error;
}
