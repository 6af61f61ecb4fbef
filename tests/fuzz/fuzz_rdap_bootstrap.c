/* Bootstrap files of any bytes: either a complaint, or a sorted table of names, each with an
 * https:// URL that a path can be added to, and each found by itself and by what is below it. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "io/web_client.h"
#include "rdap/rdap_bootstrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct rdap_bootstrap *b)
{
    char below[300];
    const char *why;
    for (size_t i = 0; i < rdap_bootstrap_count(b); i++) {
        const char *label = rdap_bootstrap_label(b, i), *url = rdap_bootstrap_url(b, i);
        assert(label[strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-.")] == '\0');
        assert(i == 0 || strcmp(rdap_bootstrap_label(b, i - 1), label) < 0);
        assert(web_url_valid(url, false, &why) && url[strlen(url) - 1] == '/');
        assert(strpbrk(url, "?#\r\n ") == NULL);
        assert(rdap_bootstrap_find(b, label) == url);
        snprintf(below, sizeof(below), "x--x.%s", label);
        assert(rdap_bootstrap_find(b, below) != NULL);
    }
    assert(strlen(rdap_bootstrap_published(b)) <= 40);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[200] = "";
    struct rdap_bootstrap *b = rdap_bootstrap_parse((const char *)data, size, why, sizeof(why));
    assert((b == NULL) == (why[0] != '\0'));
    if (b != NULL)
        check(b);
    rdap_bootstrap_free(&b);
    return 0;
}
