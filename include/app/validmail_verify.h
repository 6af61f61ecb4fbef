#ifndef APP_VALIDMAIL_VERIFY_H
#define APP_VALIDMAIL_VERIFY_H

#include <stdint.h>

#include "base/settings.h"
#include "http/http.h"

/* validmail's POST /api/v1/verify (reference/validmail.txt), what cgi-bin/validmail.c wires. */
struct validmail_settings {
    int64_t deadline_ms; /* of a check */
};
extern struct validmail_settings validmail_settings;
extern const struct settings_table validmail_settings_table;

void validmail_verify_handle(struct http_exchange *exchange);

#endif
