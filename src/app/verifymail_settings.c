/* verifymail_settings.c - the [verifymail] section. */
#include "app/verifymail_settings.h"
#include "base/xalloc.h"
#include "verify/domain_risk.h"

struct verifymail_settings verifymail_settings;

static const struct setting_row rows[] = {
    SETTING_DURATION(struct verifymail_settings, deadline_ms, "deadline", "10s", "100ms", "10m",
                     "one check is answered within that time, with what is known by then"),
    SETTING_STRING(struct verifymail_settings, docs_url, "docs_url",
                   "https://verifymailapi.com/docs", "what docs_url of errors begins with"),
    SETTING_CHECKED(struct verifymail_settings, suspicious_tlds, "suspicious_tlds",
                    TLD_LIST_SHIPPED, tld_list_check,
                    "top-level domains that are suspicious, as \"xyz top click\"; shipped: a short "
                    "list of ours"),
    SETTING_INT(struct verifymail_settings, list_entries, "list_entries", "10000", "1", "1000000",
                "domains that one account's allow list and block list may have each"),
    SETTING_INT(struct verifymail_settings, velocity_checks, "velocity_checks", "20", "0",
                "1000000",
                "abuse_pattern_detected: more checks of one domain by one account than that..."),
    SETTING_DURATION(struct verifymail_settings, velocity_window_ms, "velocity_window", "10m", "1m",
                     "1d", "... within that time; of public mail services never"),
    SETTING_INT(struct verifymail_settings, cross_accounts, "cross_accounts", "3", "0", "1000",
                "cross_customer_abuse_pattern: that many other accounts had checks of a domain "
                "blocked..."),
    SETTING_INT(struct verifymail_settings, cross_days, "cross_days", "30", "1", "365",
                "... within so many days"),
    SETTING_DURATION(struct verifymail_settings, keep_new_ms, "keep_new", "4h", "0s", "365d",
                     "how long what was found out about a domain answers again: of one that is "
                     "younger than 30 days, or whose age is unknown; 0: not at all"),
    SETTING_DURATION(struct verifymail_settings, keep_ms, "keep", "1d", "0s", "365d",
                     "of any other"),
    SETTING_DURATION(struct verifymail_settings, keep_fraud_ms, "keep_fraud", "7d", "0s", "365d",
                     "of one that is blocked for certain"),
    SETTING_SIZE(struct verifymail_settings, max_stream_body, "max_stream_body", "16m", "1k", "1g",
                 "largest body of POST /check/bulk/stream; web servers have limits of their own"),
    SETTING_INT(struct verifymail_settings, stream_at_once, "stream_at_once", "200", "1", "10000",
                "rows of one POST /check/bulk/stream that are asked about at the same time"),
    SETTING_BOOL(struct verifymail_settings, async_worker, "async_worker", "yes",
                 "verifymail.fcgi itself does what POST /check/async left to be done; no: only "
                 "`vrfy worker` does"),
    SETTING_INT(struct verifymail_settings, async_at_once, "async_at_once", "50", "1", "10000",
                "asynchronous checks that one process asks about at the same time"),
    SETTING_INT(struct verifymail_settings, keep_checks_days, "keep_checks", "365", "1", "36500",
                "days that checks are kept (domain, verdict, signals), at least cross_days; usage "
                "and reports stay"),
    SETTING_STRING(
        struct verifymail_settings, seal_key_file, "seal_key_file", "",
        "file with a secret of yours for what is sealed in the database (stored answers, "
        "asynchronous checks); empty: the database's own alone"),
};

const struct settings_table verifymail_settings_table = {"verifymail", rows, COUNT_OF(rows),
                                                         &verifymail_settings};
