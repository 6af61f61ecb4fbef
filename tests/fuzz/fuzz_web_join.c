/* Any two lines as a URL and a reference met there: what they come to is a URL that is read again
 * as it is, and only a reference with a scheme or a host of its own leads elsewhere. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/web_client.h"
#include "io/web_client_private.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *base_text, const char *reference, const struct web_target *to)
{
    struct web_url url, base;
    const char *why = web_url_parse(to->url, true, &url);
    assert(why == NULL);
    assert(strcmp(url.text, to->url) == 0 && url.port == to->port);
    assert(url.literal.ss_family == AF_INET6 || strcmp(url.host, to->host) == 0);
    assert(to->https == (strncmp(to->url, "https://", 8) == 0));
    assert(strpbrk(to->url, "\r\n\t \\#") == NULL);
    why = web_url_parse(base_text, true, &base);
    assert(why == NULL);
    if (strchr(reference, ':') == NULL && strncmp(reference, "//", 2) != 0)
        assert(strcmp(base.host, to->host) == 0 && base.port == to->port);
    web_url_free(&url);
    web_url_free(&base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *base = x_strndup((const char *)data, size);
    char *line = strchr(base, '\n');
    struct web_target to;
    if (line != NULL) {
        *line++ = '\0';
        if (web_url_join(base, line, &to))
            check(base, line, &to);
        else
            assert(to.url[0] == '\0' && to.host[0] == '\0');
    }
    free(base);
    return 0;
}
