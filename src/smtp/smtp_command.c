/* smtp_command.c - the one place that writes SMTP commands.
 *
 * Every octet of an argument is checked here once more, whatever the callers believe they checked:
 * a CR LF that reaches the wire inside an address is a command of the attacker's choice.  Anything
 * doubtful is refused and nothing is appended; the caller reports the address as unsendable, which
 * is never a verdict about it.
 *
 *     command line <= 512 octets with CRLF (RFC 5321 4.5.3.1.4) */
#include <string.h>

#include "smtp/smtp_command.h"

enum { COMMAND_MAX = 510 };

/* What an argument may hold beyond plain ASCII atoms. */
enum { ALLOW_UTF8 = 1 << 0, ALLOW_QUOTED_SPACE = 1 << 1 };

static bool octet_allowed(unsigned char octet, bool in_quotes, int allow)
{
    if (octet == ' ')
        return in_quotes && (allow & ALLOW_QUOTED_SPACE) != 0;
    if (octet < 0x21 || octet == 0x7F || octet == '<' || octet == '>')
        return false;
    return octet < 0x7F || (allow & ALLOW_UTF8) != 0;
}

/* Non-empty, allowed octets only, and every quote closed again. */
static bool argument_ok(const char *argument, int allow)
{
    bool in_quotes = false, escaped = false;
    for (const char *at = argument; *at != '\0'; at++) {
        if (!octet_allowed((unsigned char)*at, in_quotes, allow))
            return false;
        if (escaped)
            escaped = false;
        else if (*at == '\\')
            escaped = in_quotes;
        else if (*at == '"')
            in_quotes = !in_quotes;
    }
    return argument[0] != '\0' && !in_quotes;
}

/* Ends the line begun at `start`, or takes it back when it is too long. */
static bool end_line(struct strbuf *out, size_t start)
{
    if (out->len - start > COMMAND_MAX) {
        out->len = start;
        out->data[start] = '\0';
        return false;
    }
    strbuf_adds(out, "\r\n");
    return true;
}

static bool greet(struct strbuf *out, const char *verb, const char *helo_name)
{
    if (!argument_ok(helo_name, 0))
        return false;
    size_t start = out->len;
    strbuf_adds(out, verb);
    strbuf_adds(out, " ");
    strbuf_adds(out, helo_name);
    return end_line(out, start);
}

bool smtp_command_ehlo(struct strbuf *out, const char *helo_name)
{
    return greet(out, "EHLO", helo_name);
}

bool smtp_command_helo(struct strbuf *out, const char *helo_name)
{
    return greet(out, "HELO", helo_name);
}

bool smtp_command_mail(struct strbuf *out, const char *mail_from, bool utf8)
{
    if (mail_from[0] != '\0' && !argument_ok(mail_from, utf8 ? ALLOW_UTF8 : 0))
        return false;
    size_t start = out->len;
    strbuf_adds(out, "MAIL FROM:<");
    strbuf_adds(out, mail_from);
    strbuf_adds(out, utf8 ? "> SMTPUTF8" : ">");
    return end_line(out, start);
}

bool smtp_command_rcpt(struct strbuf *out, const char *local, const char *domain, bool utf8)
{
    int allow = (utf8 ? ALLOW_UTF8 : 0) | (local[0] == '"' ? ALLOW_QUOTED_SPACE : 0);
    if (!argument_ok(local, allow) || !argument_ok(domain, utf8 ? ALLOW_UTF8 : 0))
        return false;
    size_t start = out->len;
    strbuf_adds(out, "RCPT TO:<");
    strbuf_adds(out, local);
    strbuf_adds(out, "@");
    strbuf_adds(out, domain);
    strbuf_adds(out, ">");
    return end_line(out, start);
}

bool smtp_command_plain(struct strbuf *out, const char *verb)
{
    if (!argument_ok(verb, 0))
        return false;
    size_t start = out->len;
    strbuf_adds(out, verb);
    return end_line(out, start);
}
