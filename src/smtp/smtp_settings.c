/* smtp_settings.c - the [smtp] section.
 *
 * The defaults suit a background worker as well as a page that waits: RFC 5321 4.5.3.2 allows
 * minutes per command, but a server that needs them is reported as slow, never as bad.
 *
 * Nothing set is polite enough: our own name or address, and the null reverse-path, which claims to
 * be nobody else.  What is set and cannot be said stops the start, because every server's refusal
 * of it would look like a verdict. */
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "io/conn.h"
#include "smtp/smtp_command.h"
#include "smtp/smtp_session.h"

struct smtp_settings smtp_settings;

/* In the order of enum smtp_starttls. */
static const char *const starttls_choices[] = {"when-required", "always", "off", NULL};

#define S struct smtp_settings

static const struct setting_row rows[] = {
    SETTING_STRING(S, helo_name, "helo_name", "",
                   "name said in EHLO; empty: this host's full name, else its address"),
    SETTING_STRING(S, mail_from, "mail_from", "",
                   "sender said in MAIL FROM; empty: the null reverse-path"),
    SETTING_INT(S, port, "port", "25", "1", "65535", "port of the mail servers"),
    SETTING_STRING(S, allow_networks, "allow_networks", "",
                   "networks that may be dialled though they are not public, as CIDR list"),
    SETTING_DURATION(S, connect_timeout_ms, "connect_timeout", "10s", "1ms", "5m",
                     "longest wait for a connection"),
    SETTING_DURATION(S, banner_timeout_ms, "banner_timeout", "20s", "1ms", "10m",
                     "longest wait for the greeting"),
    SETTING_DURATION(S, reply_timeout_ms, "reply_timeout", "20s", "1ms", "10m",
                     "longest wait for one whole reply, or a TLS handshake"),
    SETTING_DURATION(S, session_timeout_ms, "session_timeout", "60s", "1ms", "30m",
                     "longest life of a session"),
    SETTING_DURATION(S, quit_timeout_ms, "quit_timeout", "2s", "1ms", "1m",
                     "longest wait for the reply to RSET or QUIT"),
    SETTING_INT(S, sessions_per_destination, "sessions_per_destination", "20", "1", "1000",
                "sessions at once with one receiving operator from one source address, over all "
                "processes of this host"),
    SETTING_INT(S, rcpts_per_session, "rcpts_per_session", "50", "1", "1000",
                "recipients asked for in one session"),
    SETTING_INT(S, errors_per_session, "errors_per_session", "9", "1", "100",
                "refusals after which a session ends itself; Postfix punishes from 10 on"),
    SETTING_CHOICE(S, starttls, "starttls", "when-required", starttls_choices,
                   "when TLS is used on port 25: when-required, always (if offered), off"),
    SETTING_STRING(S, source_addresses, "source_addresses", "",
                   "this host's addresses to dial from, in turn; empty: the system chooses"),
    SETTING_STRING(S, socks5, "socks5", "",
                   "address:port of a SOCKS5 proxy to dial through; empty: none"),
    SETTING_BOOL(S, ipv6, "ipv6", "no",
                 "dial IPv6 also where a host has IPv4; hosts with only IPv6 are always tried"),
};

#undef S

const struct settings_table smtp_settings_table = {"smtp", rows, COUNT_OF(rows), &smtp_settings};

static bool helo_name_ok(const char *name)
{
    struct strbuf line = {0};
    bool ok = name[0] == '\0' || smtp_command_ehlo(&line, name);
    strbuf_free(&line);
    return ok;
}

static bool mail_from_ok(const char *address)
{
    struct strbuf line = {0};
    const char *at = strrchr(address, '@');
    bool shaped = address[0] == '\0' || (at != NULL && at != address && at[1] != '\0');
    bool ok = shaped && smtp_command_mail(&line, address, false);
    strbuf_free(&line);
    return ok;
}

bool smtp_settings_check(const struct smtp_settings *settings, char *why, size_t why_size)
{
    const char *wrong = NULL;
    if (!helo_name_ok(settings->helo_name))
        wrong = "smtp.helo_name: not a name that can be said in EHLO";
    else if (!mail_from_ok(settings->mail_from))
        wrong = "smtp.mail_from: not an address in plain ASCII";
    else if (settings->socks5[0] != '\0' && !conn_socks5_valid(settings->socks5))
        wrong = "smtp.socks5: not address:port, as 127.0.0.1:1080";
    else if (settings->socks5[0] != '\0' && settings->source_addresses[0] != '\0')
        wrong = "smtp.source_addresses: through smtp.socks5 the proxy's address is the source";
    if (wrong != NULL)
        snprintf(why, why_size, "%s", wrong);
    return wrong == NULL;
}
