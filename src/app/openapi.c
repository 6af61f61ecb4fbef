/* openapi.c - what a dialect's programs say about themselves, to everybody.
 *
 * The bytes are those of data/openapi.  They change with the program only, so clients and caches
 * may keep them for an hour, and ask again by ETag, which is a digest of them. */
#include <stdio.h>
#include <string.h>

#include "app/openapi.h"
#include "base/crypto.h"

enum { TAG_BYTES = 8, TAG_TEXT = 2 * TAG_BYTES + 3 /* quotes and NUL */ };

static void tag_of(const char *text, size_t len, char tag[TAG_TEXT])
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    crypto_sha256(text, len, digest);
    char *at = tag;
    *at++ = '"';
    for (size_t i = 0; i < TAG_BYTES; i++, at += 2)
        snprintf(at, 3, "%02x", digest[i]);
    memcpy(at, "\"", 2);
}

/* If-None-Match = "*" / #entity-tag, RFC 9110 13.1.2; compared weakly: "W/" does not matter. */
static bool client_has(const struct http_request *request, const char *tag)
{
    const char *known = http_header(request, "HTTP_IF_NONE_MATCH");
    return known != NULL && (strcmp(known, "*") == 0 || strstr(known, tag) != NULL);
}

static void answer(struct http_exchange *exchange, const char *text, const char *end)
{
    char tag[TAG_TEXT];
    size_t len = (size_t)(end - text);
    struct http_response *response = exchange->response;
    tag_of(text, len, tag);
    response->cache_control = "public, max-age=3600";
    http_set_header(response, "ETag", tag);
    if (client_has(exchange->request, tag))
        response->status = 304;
    else
        strbuf_add(&response->body, text, len);
}

#define DESCRIPTION(dialect, prefix)                                              \
    extern const char openapi_##dialect##_json[], openapi_##dialect##_json_end[]; \
    void openapi_##dialect(struct http_exchange *exchange)                        \
    {                                                                             \
        answer(exchange, openapi_##dialect##_json, openapi_##dialect##_json_end); \
    }

DIALECTS(DESCRIPTION)
