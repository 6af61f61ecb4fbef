/* What EHLO replies say. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/xalloc.h"
#include "smtp/smtp_ext.h"
#include "smtp/smtp_reply.h"

static const struct {
    const char *label, *text;
    unsigned set;
    int rcpt_max, mail_max;
} rows[] = {
    {"greeting only", "250 mail.example.org", 0, 0, 0},
    {"greeting is no keyword", "250 PIPELINING", 0, 0, 0},
    {"postfix",
     "250-mx\n250-PIPELINING\n250-SIZE 10240000\n250-STARTTLS\n250-8BITMIME\n250 SMTPUTF8",
     SMTP_EXT_PIPELINING | SMTP_EXT_STARTTLS | SMTP_EXT_8BITMIME | SMTP_EXT_SMTPUTF8, 0, 0},
    {"any case", "250-mx\n250 pipeLining", SMTP_EXT_PIPELINING, 0, 0},
    {"parameters do not matter", "250-mx\n250 STARTTLS required", SMTP_EXT_STARTTLS, 0, 0},
    {"prefix is another word", "250-mx\n250-PIPELININGX\n250 X-STARTTLS", 0, 0, 0},
    {"spaces around", "250-mx\n250   PIPELINING  ", SMTP_EXT_PIPELINING, 0, 0},
    {"limits", "250-mx\n250 LIMITS RCPTMAX=20 MAILMAX=5", SMTP_EXT_LIMITS, 20, 5},
    {"limits, any case", "250-mx\n250 limits mailmax=7", SMTP_EXT_LIMITS, 0, 7},
    {"largest limit", "250-mx\n250 LIMITS RCPTMAX=999999", SMTP_EXT_LIMITS, 999999, 0},
    {"limit too long", "250-mx\n250 LIMITS RCPTMAX=1000000", SMTP_EXT_LIMITS, 0, 0},
    {"limit is no number", "250-mx\n250 LIMITS RCPTMAX=ten RCPTMAX=-1 MAILMAX=", SMTP_EXT_LIMITS, 0,
     0},
    {"limit of nothing", "250-mx\n250 LIMITS RCPTMAX=0 RCPTDOMAINMAX=1", SMTP_EXT_LIMITS, 0, 0},
    {"empty lines", "250-mx\n250-\n250", 0, 0, 0},
};

Test(smtp_ext, reads_keywords)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = arena_new();
        struct smtp_reply reply;
        cr_assert(smtp_reply_from_text(arena, rows[i].text, strlen(rows[i].text), &reply), "%s",
                  rows[i].label);
        struct smtp_exts exts = smtp_exts_from(&reply);
        cr_expect_eq(exts.set, rows[i].set, "%s: 0x%x", rows[i].label, exts.set);
        cr_expect_eq(exts.rcpt_max, rows[i].rcpt_max, "%s: %d", rows[i].label, exts.rcpt_max);
        cr_expect_eq(exts.mail_max, rows[i].mail_max, "%s: %d", rows[i].label, exts.mail_max);
        arena_free(&arena);
    }
}
