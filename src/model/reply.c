/* reply.c - names of conversation stages and reply classes. */
#include <stdbool.h>
#include <strings.h>

#include "base/names.h"
#include "base/xalloc.h"
#include "model/reply.h"

static const char *const stage_names[SMTP_STAGE_COUNT] = {
    [SMTP_STAGE_CONNECT] = "connect",   [SMTP_STAGE_BANNER] = "banner", [SMTP_STAGE_EHLO] = "ehlo",
    [SMTP_STAGE_STARTTLS] = "starttls", [SMTP_STAGE_MAIL] = "mail",     [SMTP_STAGE_RCPT] = "rcpt",
    [SMTP_STAGE_RSET] = "rset",         [SMTP_STAGE_QUIT] = "quit",
};

/* What people also call a stage. */
static const struct {
    const char *name;
    enum smtp_stage stage;
} stage_aliases[] = {
    {"helo", SMTP_STAGE_EHLO},       {"mail from", SMTP_STAGE_MAIL}, {"rcpt to", SMTP_STAGE_RCPT},
    {"greeting", SMTP_STAGE_BANNER}, {"tls", SMTP_STAGE_STARTTLS},
};

static const char *const class_names[REPLY_CLASS_COUNT] = {
    [REPLY_NONE] = "none",
    [REPLY_ACCEPTED] = "accepted",
    [REPLY_NO_SUCH_MAILBOX] = "no-such-mailbox",
    [REPLY_MAILBOX_FULL] = "mailbox-full",
    [REPLY_MAILBOX_DISABLED] = "mailbox-disabled",
    [REPLY_MAILBOX_MOVED] = "mailbox-moved",
    [REPLY_DOMAIN_NOT_HERE] = "domain-not-here",
    [REPLY_GREYLISTED] = "greylisted",
    [REPLY_RATE_LIMITED] = "rate-limited",
    [REPLY_POLICY] = "policy",
    [REPLY_TEMPORARY] = "temporary",
    [REPLY_SESSION] = "session",
    [REPLY_PROTOCOL] = "protocol",
};

const char *smtp_stage_name(enum smtp_stage stage)
{
    return names_of(stage_names, SMTP_STAGE_COUNT, (int)stage);
}

static bool same_name(const char *name, const char *given, size_t len)
{
    return strncasecmp(name, given, len) == 0 && name[len] == '\0';
}

int smtp_stage_find(const char *name, size_t len)
{
    for (int i = 0; i < SMTP_STAGE_COUNT; i++)
        if (same_name(stage_names[i], name, len))
            return i;
    for (size_t i = 0; i < COUNT_OF(stage_aliases); i++)
        if (same_name(stage_aliases[i].name, name, len))
            return (int)stage_aliases[i].stage;
    return -1;
}

const char *reply_class_name(enum reply_class cls)
{
    return names_of(class_names, REPLY_CLASS_COUNT, (int)cls);
}
