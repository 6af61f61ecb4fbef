/* What can be said, and what stops the start. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/xalloc.h"
#include "smtp/smtp_session.h"

static const struct {
    const char *label;
    const char *helo_name, *mail_from, *socks5, *source_addresses;
    const char *wrong; /* how `why` begins; NULL: good */
} rows[] = {
    {"nothing set", "", "", "", "", NULL},
    {"all usual", "probe.example.org", "probe@example.org", "", "127.0.0.1", NULL},
    {"address literal", "[192.0.2.1]", "", "", "", NULL},
    {"space in the name", "probe example", "", "", "", "smtp.helo_name: "},
    {"CR LF in the name", "probe\r\nDATA", "", "", "", "smtp.helo_name: "},
    {"UTF-8 in the name",
     "pr\xc3\xb6"
     "be.example",
     "", "", "", "smtp.helo_name: "},
    {"a word for a sender", "", "probe", "", "", "smtp.mail_from: "},
    {"no local part", "", "@example.org", "", "", "smtp.mail_from: "},
    {"no domain", "", "probe@", "", "", "smtp.mail_from: "},
    {"brackets and all", "", "<probe@example.org>", "", "", "smtp.mail_from: "},
    {"UTF-8 in the sender", "",
     "pr\xc3\xb6"
     "be@example.org",
     "", "", "smtp.mail_from: "},
    {"proxy", "", "", "127.0.0.1:1080", "", NULL},
    {"v6 proxy", "", "", "[::1]:1080", "", NULL},
    {"proxy by name", "", "", "localhost:1080", "", "smtp.socks5: "},
    {"proxy without port", "", "", "127.0.0.1", "", "smtp.socks5: "},
    {"proxy on port 0", "", "", "127.0.0.1:0", "", "smtp.socks5: "},
    {"proxy and source", "", "", "127.0.0.1:1080", "127.0.0.1", "smtp.source_addresses: "},
};

Test(smtp_settings, check)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct smtp_settings settings = {
            .helo_name = rows[i].helo_name,
            .mail_from = rows[i].mail_from,
            .socks5 = rows[i].socks5,
            .source_addresses = rows[i].source_addresses,
            .allow_networks = "",
        };
        char why[160] = "";
        const char *wrong = rows[i].wrong;
        cr_expect_eq(smtp_settings_check(&settings, why, sizeof(why)), wrong == NULL, "%s: %s",
                     rows[i].label, why);
        cr_expect(strncmp(why, wrong != NULL ? wrong : "", wrong != NULL ? strlen(wrong) : 1) == 0,
                  "%s: \"%s\"", rows[i].label, why);
    }
}
