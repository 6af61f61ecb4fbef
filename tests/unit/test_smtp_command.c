/* What may go on the wire, and above all what may not. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/xalloc.h"
#include "smtp/smtp_command.h"

static const struct {
    const char *label, *local, *domain;
    bool utf8;
    const char *want; /* NULL: refused */
} rcpt_rows[] = {
    {"plain", "jane.doe+x", "example.org", false, "RCPT TO:<jane.doe+x@example.org>\r\n"},
    {"quoted with space", "\"a b\"", "example.org", false, "RCPT TO:<\"a b\"@example.org>\r\n"},
    {"quoted quote", "\"a\\\"b\"", "example.org", false, "RCPT TO:<\"a\\\"b\"@example.org>\r\n"},
    {"UTF-8 when agreed", "j\xc3\xb6rg", "example.org", true,
     "RCPT TO:<j\xc3\xb6rg@example.org>\r\n"},
    {"UTF-8 when not", "j\xc3\xb6rg", "example.org", false, NULL},
    {"CR LF", "a\r\nDATA\r\n", "example.org", false, NULL},
    {"CR LF in quotes", "\"a\r\nDATA\"", "example.org", false, NULL},
    {"LF", "a\nb", "example.org", false, NULL},
    {"CR in the domain", "a", "example.org\r", false, NULL},
    {"tab", "a\tb", "example.org", false, NULL},
    {"DEL", "a\x7f", "example.org", false, NULL},
    {"DEL when UTF-8 is agreed", "a\x7f", "example.org", true, NULL},
    {"closing bracket", "a>", "example.org", false, NULL},
    {"opening bracket", "<a", "example.org", false, NULL},
    {"bracket in quotes", "\"a>b\"", "example.org", false, NULL},
    {"space", "a b", "example.org", false, NULL},
    {"space in the domain", "a", "example.org SIZE=1", false, NULL},
    {"space behind the quotes", "\"a\" SIZE", "example.org", false, NULL},
    {"space behind an escaped backslash", "\"a\\\\\" b\"", "example.org", false, NULL},
    {"open quote", "\"a", "example.org", false, NULL},
    {"escaped closing quote", "\"a\\\"", "example.org", false, NULL},
    {"empty local", "", "example.org", false, NULL},
    {"empty domain", "a", "", false, NULL},
};

Test(smtp_command, rcpt)
{
    for (size_t i = 0; i < COUNT_OF(rcpt_rows); i++) {
        struct strbuf out = {0};
        strbuf_adds(&out, "RSET\r\n");
        bool got =
            smtp_command_rcpt(&out, rcpt_rows[i].local, rcpt_rows[i].domain, rcpt_rows[i].utf8);
        cr_expect_eq(got, rcpt_rows[i].want != NULL, "%s", rcpt_rows[i].label);
        cr_expect_str_eq(out.data + 6, rcpt_rows[i].want ? rcpt_rows[i].want : "", "%s",
                         rcpt_rows[i].label);
        strbuf_free(&out);
    }
}

static const struct {
    const char *label, *from;
    bool utf8;
    const char *want;
} mail_rows[] = {
    {"null reverse-path", "", false, "MAIL FROM:<>\r\n"},
    {"sender", "probe@example.org", false, "MAIL FROM:<probe@example.org>\r\n"},
    {"SMTPUTF8", "probe@example.org", true, "MAIL FROM:<probe@example.org> SMTPUTF8\r\n"},
    {"null reverse-path, SMTPUTF8", "", true, "MAIL FROM:<> SMTPUTF8\r\n"},
    {"CR LF", "a@b.example\r\nRSET", false, NULL},
    {"bracket", "a@b.example> SIZE=1", false, NULL},
    {"space", "a b@b.example", false, NULL},
};

Test(smtp_command, mail)
{
    for (size_t i = 0; i < COUNT_OF(mail_rows); i++) {
        struct strbuf out = {0};
        bool got = smtp_command_mail(&out, mail_rows[i].from, mail_rows[i].utf8);
        cr_expect_eq(got, mail_rows[i].want != NULL, "%s", mail_rows[i].label);
        cr_expect_str_eq(strbuf_text(&out), mail_rows[i].want ? mail_rows[i].want : "", "%s",
                         mail_rows[i].label);
        strbuf_free(&out);
    }
}

static const struct {
    const char *label;
    bool (*write)(struct strbuf *out, const char *argument);
    const char *argument, *want;
} word_rows[] = {
    {"EHLO name", smtp_command_ehlo, "probe.example.org", "EHLO probe.example.org\r\n"},
    {"EHLO literal", smtp_command_ehlo, "[IPv6:2001:db8::1]", "EHLO [IPv6:2001:db8::1]\r\n"},
    {"HELO name", smtp_command_helo, "probe.example.org", "HELO probe.example.org\r\n"},
    {"EHLO empty", smtp_command_ehlo, "", NULL},
    {"EHLO two words", smtp_command_ehlo, "a b", NULL},
    {"HELO with CR LF", smtp_command_helo, "a\r\nb", NULL},
    {"EHLO beyond ASCII", smtp_command_ehlo, "m\xc3\xbcller.example", NULL},
    {"RSET", smtp_command_plain, "RSET", "RSET\r\n"},
    {"two commands", smtp_command_plain, "RSET\r\nQUIT", NULL},
};

Test(smtp_command, words)
{
    for (size_t i = 0; i < COUNT_OF(word_rows); i++) {
        struct strbuf out = {0};
        bool got = word_rows[i].write(&out, word_rows[i].argument);
        cr_expect_eq(got, word_rows[i].want != NULL, "%s", word_rows[i].label);
        cr_expect_str_eq(strbuf_text(&out), word_rows[i].want ? word_rows[i].want : "", "%s",
                         word_rows[i].label);
        strbuf_free(&out);
    }
}

/* 510 octets and CRLF pass, one more does not, and what was written before stays. */
Test(smtp_command, line_length)
{
    char domain[600];
    for (size_t octets = 509; octets <= 511; octets++) {
        size_t fill = octets - strlen("RCPT TO:<a@>");
        memset(domain, 'd', fill);
        domain[fill] = '\0';
        struct strbuf out = {0};
        strbuf_adds(&out, "RSET\r\n");
        bool got = smtp_command_rcpt(&out, "a", domain, false);
        cr_expect_eq(got, octets <= 510, "%zu octets", octets);
        cr_expect_eq(out.len, got ? 6 + octets + 2 : 6, "%zu octets", octets);
        cr_expect_eq(out.data[out.len], '\0');
        strbuf_free(&out);
    }
}
