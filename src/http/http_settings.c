/* http_settings.c - the [http] section. */
#include "base/settings.h"
#include "base/xalloc.h"
#include "http/http.h"

struct http_settings http_settings;

static const struct setting_row rows[] = {
    SETTING_INT(struct http_settings, threads, "threads", "256", "1", "4096",
                "request threads of one FastCGI process, started as needed"),
    SETTING_SIZE(struct http_settings, max_body, "max_body", "1m", "1k", "64m",
                 "largest JSON or form body; a larger one is answered 413"),
    SETTING_DURATION(struct http_settings, io_timeout_ms, "io_timeout", "30s", "1s", "10m",
                     "how long the web server may let us wait for the next bytes"),
    SETTING_BOOL(struct http_settings, cors, "cors", "no",
                 "let web pages of any origin call the API (CORS)"),
};

const struct settings_table http_settings_table = {"http", rows, COUNT_OF(rows), &http_settings};
