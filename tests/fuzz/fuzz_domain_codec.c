/* A byte for the kind, one for the version, then a body.  What can be read is written again as the
 * very same bytes, and holds nothing that a name, a number or a title could not. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "model/domain_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t max)
{
    if (text == NULL)
        return;
    assert(strlen(text) > 0 && strlen(text) <= max && strchr(text, '@') == NULL);
    for (; *text != '\0'; text++)
        assert(*text >= 0x20 && *text <= 0x7E);
}

static void check_domain(const struct domain_facts *facts)
{
    const struct dns_facts *dns = &facts->dns;
    assert(dns->mx_count <= FACTS_MX_MAX);
    for (size_t i = 0; i < dns->mx_count; i++) {
        assert(dns->mx[i].name != NULL);
        check_text(dns->mx[i].name, 253);
    }
    assert((dns->block_lists & dns->block_lists_mute) == 0);
    check_text(facts->answer.host, 253);
    check_text(facts->answer.peer, 45);
    check_text(facts->answer.rcpt.text, 24);
    assert(dns_facts_dead(dns) + dns->implicit_mx + (dns->mx_count > 0) <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct arena *arena = arena_new();
    struct strbuf again = {0};
    struct domain_facts domain;
    struct host_facts host;
    bool is_host = (data[0] & 1) != 0;
    unsigned version = data[1];
    bool good =
        is_host ? host_facts_decode("mx.example.com", version, data + 2, size - 2, &host)
                : domain_facts_decode(arena, "example.com", version, data + 2, size - 2, &domain);
    if (good && is_host)
        host_facts_encode(&again, &host);
    else if (good)
        domain_facts_encode(&again, &domain);
    if (good && !is_host)
        check_domain(&domain);
    if (good)
        assert(version == FACTS_VERSION && again.len == size - 2 &&
               memcmp(again.data, data + 2, again.len) == 0);
    else
        assert(is_host ? host_facts_until_us(&host) == 0 : domain_facts_until_us(&domain) == 0);
    strbuf_free(&again);
    arena_free(&arena);
    return 0;
}
