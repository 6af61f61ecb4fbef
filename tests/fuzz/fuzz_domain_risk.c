/* Any bytes as an address, as a domain in U-labels, and raw as a domain that never saw a parser:
 * the judgements agree with each other, and only providers' domains have impossible local parts. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "verify/domain_risk.h"
#include "verify/localpart.h"
#include "verify/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_alabel(const char *domain)
{
    return strncmp(domain, "xn--", 4) == 0 || strstr(domain, ".xn--") != NULL;
}

static void judge_name(const char *domain)
{
    struct risk_facts risk = {0}, again = {.homograph = true, .generated_domain = true};
    domain_risk_of_name(domain, &risk);
    domain_risk_of_name(domain, &again);
    assert(risk.homograph == again.homograph && risk.generated_domain == again.generated_domain);
    assert(!risk.homograph || risk.non_ascii_domain);
    assert(risk.non_ascii_domain == has_alabel(domain));
}

static void judge_address(const struct address *address)
{
    struct risk_facts risk = {0}, elsewhere = {0};
    struct address there = *address;
    memcpy(there.domain, "example.com", sizeof("example.com"));
    domain_risk_of_local(address, &risk);
    domain_risk_of_local(&there, &elsewhere);
    assert(!elsewhere.impossible_local);
    assert(risk.random_local == elsewhere.random_local);
    assert(risk.unusual_local == elsewhere.unusual_local);
    assert(!risk.random_local || !localpart_real_name(address->local_plain));
    assert(risk.non_standard_local == address->utf8);
}

/* Lists of TLDs: the domain is what stands in front of the first line's end. */
static void judge_list(const char *text)
{
    char domain[64], why[64];
    size_t len = strcspn(text, "\n");
    if (len >= sizeof(domain))
        return;
    memcpy(domain, text, len);
    domain[len] = '\0';
    tld_is_listed(text + len, domain);
    tld_list_check(text + len, why, sizeof(why));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char ascii[ADDRESS_DOMAIN_MAX + 1], *text = x_strndup((const char *)data, size);
    struct address address;
    if (domain_to_ascii((const char *)data, size, ascii))
        judge_name(ascii);
    if (address_parse((const char *)data, size, &address) == ADDRESS_OK) {
        judge_name(address.domain);
        judge_address(&address);
    }
    judge_name(text);
    judge_list(text);
    free(text);
    return 0;
}
