/* Any bytes as a URL: what is taken names a host that a resolver or inet_pton reads in one way, has
 * a port, and is read the same again when it has gone through libcurl once. */
#include <arpa/inet.h>
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/web_client.h"
#include "io/web_client_private.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_host(const struct web_url *url)
{
    struct in_addr v4;
    struct in6_addr v6;
    bool is_number = inet_aton(url->host, &v4) != 0; /* which knows every odd spelling */
    if (url->is_literal) {
        assert(inet_pton(url->literal.ss_family, url->host, &v6) == 1);
        return;
    }
    assert(!is_number && strlen(url->host) <= 253);
    assert(url->host[strspn(url->host, "abcdefghijklmnopqrstuvwxyz0123456789-.")] == '\0');
}

static void check_again(const struct web_url *url, bool allow_http)
{
    struct web_url again;
    const char *why = web_url_parse(url->text, allow_http, &again);
    /* libcurl adds the path and takes zeros away; at the very limit that may be a byte too many. */
    assert(why == NULL || strlen(url->text) > 2048);
    if (why == NULL) {
        assert(again.port == url->port && again.is_literal == url->is_literal);
        assert(memcmp(&again.literal, &url->literal, sizeof(again.literal)) == 0);
        assert(url->literal.ss_family == AF_INET6 || strcmp(again.host, url->host) == 0);
        assert(strcmp(again.text, url->text) == 0);
    }
    web_url_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    bool allow_http = data[0] & 1;
    char *text = x_strndup((const char *)data + 1, size - 1);
    struct web_url url;
    const char *why;
    bool valid = web_url_valid(text, allow_http, &why);
    assert(valid == (why == NULL));
    why = web_url_parse(text, allow_http, &url);
    assert(why == NULL || !valid);
    if (why == NULL) {
        assert(url.port != 0 && url.text != NULL);
        assert(strncmp(url.text, "https://", 8) == 0 ||
               (allow_http && strncmp(url.text, "http://", 7) == 0));
        check_host(&url);
        check_again(&url, allow_http);
    }
    web_url_free(&url);
    free(text);
    return 0;
}
