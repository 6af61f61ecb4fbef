/* fuzz_address.c - any bytes as an address: what passes is safe to send and a fixed point, and the
 * lists and heuristics take it. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "verify/lists.h"
#include "verify/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A domain alone is what it is in an address. */
static void domain_alone(const uint8_t *data, size_t size)
{
    char mailbox[1024] = "x@", domain[ADDRESS_DOMAIN_MAX + 1];
    struct address a;
    if (size > sizeof(mailbox) - 2)
        return;
    if (size > 0)
        memcpy(mailbox + 2, data, size);
    bool good = mail_domain_to_ascii((const char *)data, size, domain);
    assert(good == (address_parse(mailbox, size + 2, &a) == ADDRESS_OK));
    assert(!good || strcmp(domain, a.domain) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct address a, again;
    struct list_facts facts = {0};
    domain_alone(data, size);
    if (address_parse((const char *)data, size, &a) != ADDRESS_OK) {
        assert(a.text[0] == '\0');
        return 0;
    }
    size_t len = strlen(a.text);
    assert(len <= ADDRESS_MAX && strlen(a.local) <= ADDRESS_LOCAL_MAX);
    assert(utf8_valid(a.text, len));
    for (size_t i = 0; i < len; i++)
        assert((unsigned char)a.text[i] >= 0x20 && a.text[i] != 0x7F);
    assert(strspn(a.domain, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(a.domain));
    assert(a.domain[0] != '.' && strstr(a.domain, "..") == NULL && strchr(a.domain, '.') != NULL);
    assert(address_parse(a.text, len, &again) == ADDRESS_OK);
    assert(memcmp(&a, &again, sizeof(a)) == 0);
    lists_of_address(NULL, &a, &facts);
    list_provider_by_mx(a.domain);
    assert(!(facts.role && (facts.real_name || facts.gibberish)));
    return 0;
}
