#ifndef APP_VERIFYMAIL_SETTINGS_H
#define APP_VERIFYMAIL_SETTINGS_H

#include <stdint.h>

#include "base/settings.h"

/* The [verifymail] section. */
struct verifymail_settings {
    int64_t deadline_ms;         /* of one check */
    const char *docs_url;        /* what errors' docs_url begins with; "": null */
    const char *suspicious_tlds; /* "xyz top"; "shipped": the list that is compiled in */
    int64_t list_entries;        /* of one account's list, at most */
    int64_t velocity_checks, velocity_window_ms; /* more checks of one domain by one account */
    int64_t cross_accounts, cross_days;          /* so many others had trouble with it */
    int64_t keep_new_ms, keep_ms, keep_fraud_ms; /* what is known of a domain, by what it is */
    int64_t max_stream_body;
    int64_t stream_at_once; /* rows of one stream in flight */
    bool async_worker;
    int64_t async_at_once;
    int64_t keep_checks_days;
    const char *seal_key_file; /* extra secret for what is sealed; "": none */
};
extern struct verifymail_settings verifymail_settings;
extern const struct settings_table verifymail_settings_table;

#endif
