/* smtp_ext.c - what a server says it can do, read from its reply to EHLO.
 *
 *     ehlo-line = ehlo-keyword *( SP ehlo-param )         (RFC 5321 4.1.1.1)
 *
 * Keywords are compared without regard to case; unknown ones and lines that are no ehlo-line are
 * passed over, as the RFC asks.  The first line is a greeting and may hold any words. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "smtp/smtp_ext.h"

struct word {
    const char *text;
    size_t len;
};

static const struct {
    const char *keyword;
    enum smtp_ext ext;
} keywords[] = {
    {"PIPELINING", SMTP_EXT_PIPELINING}, {"STARTTLS", SMTP_EXT_STARTTLS},
    {"SMTPUTF8", SMTP_EXT_SMTPUTF8},     {"LIMITS", SMTP_EXT_LIMITS},
    {"8BITMIME", SMTP_EXT_8BITMIME},
};

/* Cuts the next word off *line; len 0 when none is left. */
static struct word next_word(struct word *line)
{
    while (line->len > 0 && line->text[0] == ' ') {
        line->text++;
        line->len--;
    }
    struct word word = {line->text, 0};
    while (word.len < line->len && line->text[word.len] != ' ')
        word.len++;
    line->text += word.len;
    line->len -= word.len;
    return word;
}

static bool word_is(struct word word, const char *name)
{
    return word.len == strlen(name) && strncasecmp(word.text, name, word.len) == 0;
}

/* "RCPTMAX=100" with the given name: 1..999999 (RFC 9422 4), else 0. */
static int limit_value(struct word word, const char *name)
{
    size_t name_len = strlen(name);
    if (word.len <= name_len + 1 || word.len > name_len + 7 || word.text[name_len] != '=' ||
        strncasecmp(word.text, name, name_len) != 0)
        return 0;
    int value = 0;
    for (size_t i = name_len + 1; i < word.len; i++) {
        if (word.text[i] < '0' || word.text[i] > '9')
            return 0;
        value = value * 10 + (word.text[i] - '0');
    }
    return value;
}

static void read_limits(struct smtp_exts *exts, struct word line)
{
    for (struct word word = next_word(&line); word.len > 0; word = next_word(&line)) {
        int rcpt_max = limit_value(word, "RCPTMAX"), mail_max = limit_value(word, "MAILMAX");
        if (rcpt_max > 0)
            exts->rcpt_max = rcpt_max;
        if (mail_max > 0)
            exts->mail_max = mail_max;
    }
}

static void read_ehlo_line(struct smtp_exts *exts, struct word line)
{
    struct word keyword = next_word(&line);
    for (size_t i = 0; i < COUNT_OF(keywords); i++)
        if (word_is(keyword, keywords[i].keyword)) {
            exts->set |= keywords[i].ext;
            if (keywords[i].ext == SMTP_EXT_LIMITS)
                read_limits(exts, line);
        }
}

struct smtp_exts smtp_exts_from(const struct smtp_reply *ehlo_reply)
{
    struct smtp_exts exts = {0};
    const char *at = ehlo_reply->text, *end = at + ehlo_reply->text_len;
    for (size_t line = 0; line < ehlo_reply->line_count; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;
        if (line > 0)
            read_ehlo_line(&exts, (struct word){at, (size_t)(stop - at)});
        at = newline != NULL ? newline + 1 : end;
    }
    return exts;
}
