#ifndef APP_LIST_DOWNLOAD_H
#define APP_LIST_DOWNLOAD_H

#include "http/http.h"
#include "jobs/download.h"

/* The formats of downloads by enum download_format: what requests call them and files end in, and
 * their media types. */
enum { DOWNLOAD_FORMAT_COUNT = DOWNLOAD_JSONL + 1 };
extern const struct download_kind {
    const char *name, *type;
} download_kinds[DOWNLOAD_FORMAT_COUNT];

/* A list's results as a file, whatever their length: status, headers and body.  false: the database
 * could not be asked for the first of it, and nothing is answered yet. */
bool list_download_send(struct http_exchange *exchange, const struct job *job,
                        const struct dialect_ops *ops, const struct download_options *options);

#endif
