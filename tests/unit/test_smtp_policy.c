/* Who is a reply about?  Hundreds of real ones in tests/unit/data/replies.tsv; a second file,
 * replies_holdout.tsv, was written before the tables and is measured the same way. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "smtp/smtp_policy.h"
#include "smtp/smtp_reply.h"

enum { FIELDS_MAX = 6 };
enum { F_STAGE, F_REPLY, F_CLASS, F_LABEL, F_HOST, F_TENANT };

static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (from[0] == '\\' && from[1] == 'n') {
            *to++ = '\n';
            from++;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static enum reply_class classify_row(struct arena *arena, char *fields[FIELDS_MAX],
                                     const char **reason)
{
    int stage = smtp_stage_find(fields[F_STAGE], strlen(fields[F_STAGE]));
    cr_assert(stage >= 0, "%s: stage %s", fields[F_LABEL], fields[F_STAGE]);
    unescape(fields[F_REPLY]);
    struct smtp_reply reply;
    *reason = "not a reply";
    if (!smtp_reply_from_text(arena, fields[F_REPLY], strlen(fields[F_REPLY]), &reply))
        return REPLY_PROTOCOL;
    struct smtp_policy_context context = {
        .stage = (enum smtp_stage)stage,
        .mx_host = fields[F_HOST],
        .tenant_accepted_other = fields[F_TENANT] != NULL,
    };
    struct smtp_policy_result result = smtp_policy_classify(&context, &reply);
    *reason = result.reason;
    return result.cls;
}

static void check_file(const char *path, size_t at_least)
{
    FILE *in = fopen(path, "r");
    cr_assert_not_null(in, "%s", path);
    char *line = NULL;
    size_t size = 0, rows = 0, wrong = 0;
    while (getline(&line, &size, in) > 0) {
        char *fields[FIELDS_MAX] = {0}, *rest = line;
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < FIELDS_MAX && line[0] != '#'; i++)
            fields[i] = strsep(&rest, "\t");
        if (fields[F_LABEL] == NULL)
            continue;
        struct arena *arena = arena_new();
        const char *reason;
        const char *got = reply_class_name(classify_row(arena, fields, &reason));
        rows++;
        wrong += strcmp(got, fields[F_CLASS]) != 0;
        cr_expect_str_eq(got, fields[F_CLASS], "%s: got %s (%s), want %s: %s", fields[F_LABEL], got,
                         reason, fields[F_CLASS], fields[F_REPLY]);
        arena_free(&arena);
    }
    free(line);
    fclose(in);
    printf("%s: %zu of %zu right\n", path, rows - wrong, rows);
    cr_assert_geq(rows, at_least);
}

Test(smtp_policy, real_replies)
{
    check_file("tests/unit/data/replies.tsv", 400);
}

Test(smtp_policy, held_out_replies)
{
    check_file("tests/unit/data/replies_holdout.tsv", 120);
}

static struct smtp_reply reply_of(struct arena *arena, const char *text)
{
    struct smtp_reply reply;
    cr_assert(smtp_reply_from_text(arena, text, strlen(text), &reply), "%s", text);
    return reply;
}

/* A refusal at these stages is never about the mailbox, whatever it says. */
Test(smtp_policy, nothing_before_rcpt_is_about_the_mailbox)
{
    static const char *const texts[] = {
        "550 5.1.1 User unknown",   "552 5.2.2 Mailbox full", "550 5.2.1 Mailbox disabled",
        "551 5.1.6 User has moved", "450 4.2.2 Over quota",   "550 No such user here",
        "554 Relay access denied",  "511 Bad address",        "556 5.1.10 Null MX",
        "550 5.1.2 Host unknown",   "553 5.1.3 Bad mailbox",
    };
    static const enum smtp_stage stages[] = {
        SMTP_STAGE_CONNECT, SMTP_STAGE_BANNER, SMTP_STAGE_EHLO, SMTP_STAGE_STARTTLS,
        SMTP_STAGE_MAIL,    SMTP_STAGE_RSET,   SMTP_STAGE_QUIT,
    };
    struct arena *arena = arena_new();
    for (size_t s = 0; s < COUNT_OF(stages); s++)
        for (size_t i = 0; i < COUNT_OF(texts); i++) {
            struct smtp_policy_context context = {.stage = stages[s]};
            struct smtp_reply reply = reply_of(arena, texts[i]);
            enum reply_class cls = smtp_policy_classify(&context, &reply).cls;
            cr_expect(cls == REPLY_POLICY || cls == REPLY_TEMPORARY || cls == REPLY_SESSION,
                      "%s at %s: %s", texts[i], smtp_stage_name(stages[s]), reply_class_name(cls));
        }
    arena_free(&arena);
}

/* Every 4xx code with every way to say "no such mailbox" stays open. */
Test(smtp_policy, no_4xx_says_that_a_mailbox_does_not_exist)
{
    static const char *const texts[] = {
        "5.1.1 User unknown",  "4.1.1 User unknown in virtual mailbox table",
        "No such user here",   "Recipient address rejected: undeliverable address",
        "mailbox unavailable", "4.2.1 mailbox disabled",
        "4.1.6 user moved",    "This account does not exist",
    };
    struct arena *arena = arena_new();
    struct smtp_policy_context context = {.stage = SMTP_STAGE_RCPT};
    for (int code = 400; code < 500; code++)
        for (size_t i = 0; i < COUNT_OF(texts); i++) {
            const char *text = arena_printf(arena, "%d %s", code, texts[i]);
            struct smtp_reply reply = reply_of(arena, text);
            enum reply_class cls = smtp_policy_classify(&context, &reply).cls;
            cr_expect(cls == REPLY_TEMPORARY || cls == REPLY_RATE_LIMITED, "%s: %s", text,
                      reply_class_name(cls));
        }
    arena_free(&arena);
}

Test(smtp_policy, only_policy_is_ambiguous)
{
    for (int cls = 0; cls < REPLY_CLASS_COUNT; cls++)
        cr_expect_eq(smtp_policy_ambiguous((enum reply_class)cls), cls == REPLY_POLICY, "%s",
                     reply_class_name((enum reply_class)cls));
}

struct same_row {
    const char *label;
    const char *a, *rcpt_a, *b, *rcpt_b;
    bool same;
};

static const struct same_row same_rows[] = {
    {"word for word", "550 5.7.1 Denied", "a@x.org", "550 5.7.1 Denied", "b@x.org", true},
    {"address echoed", "550 5.7.1 <jo@x.org>: Access denied", "jo@x.org",
     "550 5.7.1 <lenora.w@x.org>: Access denied", "lenora.w@x.org", true},
    {"local part echoed", "550 User jo may not be reached", "jo@x.org",
     "550 User lenora.w may not be reached", "lenora.w@x.org", true},
    {"local part in another case", "550 mail for JO: no", "jo@x.org", "550 mail for LEW: no",
     "lew@x.org", true},
    {"queue ids and times",
     "550 5.4.1 Access denied. [AM1PEPF000C1AD5.eurprd02.prod.outlook.com "
     "2026-09-22T12:31:42.433Z 08DF185DF6237F2F]",
     "a@x.org",
     "550 5.4.1 Access denied. [DB1PEPF000509EF.eurprd03.prod.outlook.com "
     "2026-09-20T10:31:18.773Z 08DF146C252A39B0]",
     "b@x.org", true},
    {"another host of theirs", "550 mxa.mail.example.org refuses", "a@x.org",
     "550 mxb.mail.example.org refuses", "b@x.org", true},
    {"another code", "550 Denied", "a@x.org", "554 Denied", "b@x.org", false},
    {"another status", "550 5.7.1 Denied", "a@x.org", "550 5.4.1 Denied", "b@x.org", false},
    {"another status further behind", "550 Denied (#5.7.1)", "a@x.org", "550 Denied (#5.1.1)",
     "b@x.org", false},
    {"other words", "550 Sender not allowed for this group", "a@x.org", "550 User unknown",
     "b@x.org", false},
    {"other words in the second line", "550-Refused\n550 by list owner", "a@x.org",
     "550-Refused\n550 by postmaster", "b@x.org", false},
    {"resolver names are words", "550 RESOLVER.RST.AuthRequired", "a@x.org",
     "550 RESOLVER.ADR.RecipNotFound", "b@x.org", false},
    {"line breaks do not matter", "550-Access\n550 denied", "a@x.org", "550 Access denied",
     "b@x.org", true},
    {"no recipient known", "550 5.7.1 Denied", NULL, "550 5.7.1 Denied", NULL, true},
    {"empty texts", "550", "a@x.org", "550", "b@x.org", true},
};

Test(smtp_policy, same_refusal)
{
    for (size_t i = 0; i < COUNT_OF(same_rows); i++) {
        const struct same_row *row = &same_rows[i];
        struct arena *arena = arena_new();
        struct smtp_reply a = reply_of(arena, row->a), b = reply_of(arena, row->b);
        cr_expect_eq(smtp_policy_same_refusal(&a, row->rcpt_a, &b, row->rcpt_b), row->same, "%s",
                     row->label);
        cr_expect_eq(smtp_policy_same_refusal(&b, row->rcpt_b, &a, row->rcpt_a), row->same,
                     "%s, the other way round", row->label);
        arena_free(&arena);
    }
}

static const struct {
    const char *text;
    bool wants;
} tls_rows[] = {
    {"530 5.7.0 Must issue a STARTTLS command first", true},
    {"530 Must issue a STARTTLS command first.", true},
    {"530 5.7.0 STARTTLS is mandatory", true},
    {"530 5.7.0 TLS minimum version: TLSv1.2", true},
    {"550 5.7.1 TLS required", true},
    {"451 5.7.3 STARTTLS is required to send mail", true},
    {"554 5.7.1 Session encryption is required", true},
    {"550 5.7.1 <x@y.de>: Recipient address rejected: Must use TLS", true},
    {"523 5.7.10 Encryption needed", true},
    {"550 5.7.10 needed", true},
    {"550-5.7.0 We only talk\n550 5.7.0 over an encrypted connection", true},
    {"530 5.7.0 Authentication required", false},
    {"530 5.5.1 Authentication Required.", false},
    {"454 4.7.0 TLS not available due to local problem", false},
    {"502 STARTTLS not supported", false},
    {"550 5.7.1 see https://example.org/starttls-required", false},
    {"550 5.1.1 User unknown", false},
    {"250 STARTTLS", false},
};

Test(smtp_policy, wants_tls)
{
    for (size_t i = 0; i < COUNT_OF(tls_rows); i++) {
        struct arena *arena = arena_new();
        struct smtp_reply reply = reply_of(arena, tls_rows[i].text);
        cr_expect_eq(smtp_policy_wants_tls(&reply), tls_rows[i].wants, "%s", tls_rows[i].text);
        arena_free(&arena);
    }
}
