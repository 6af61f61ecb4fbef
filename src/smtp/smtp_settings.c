/* smtp_settings.c - the [smtp] section.
 *
 * The defaults suit a background worker as well as a page that waits: RFC 5321 4.5.3.2 allows
 * minutes per command, but a server that needs them is reported as slow, never as bad. */
#include "base/xalloc.h"
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
    SETTING_INT(S, sessions_per_destination, "sessions_per_destination", "2", "1", "100",
                "sessions at once with one destination"),
    SETTING_INT(S, rcpts_per_session, "rcpts_per_session", "50", "1", "1000",
                "recipients asked for in one session"),
    SETTING_INT(S, errors_per_session, "errors_per_session", "9", "1", "100",
                "refusals after which a session ends itself; Postfix punishes from 10 on"),
    SETTING_CHOICE(S, starttls, "starttls", "when-required", starttls_choices,
                   "when TLS is used on port 25: when-required, always (if offered), off"),
    SETTING_STRING(S, source_addresses, "source_addresses", "",
                   "local addresses to dial from; empty: the system chooses"),
    SETTING_STRING(S, socks5, "socks5", "",
                   "address:port of a SOCKS5 proxy to dial through; empty: none"),
    SETTING_BOOL(S, ipv6, "ipv6", "no", "dial IPv6 addresses too"),
};

#undef S

const struct settings_table smtp_settings_table = {"smtp", rows, COUNT_OF(rows), &smtp_settings};
