/* A type byte, then a message.  The question is taken from the message itself when it can be read,
 * so that mutations get past the echo check. */
#include <arpa/nameser.h>
#include <resolv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/dns_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dns_type types[] = {DNS_TYPE_A,  DNS_TYPE_CNAME, DNS_TYPE_PTR,
                                          DNS_TYPE_MX, DNS_TYPE_TXT,   DNS_TYPE_AAAA};
    char qname[NS_MAXDNAME] = "example.com";
    if (size < 1)
        return 0;
    enum dns_type type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
    data++;
    size--;
    if (size > NS_HFIXEDSZ)
        dn_expand(data, data + size, data + NS_HFIXEDSZ, qname, sizeof(qname));

    struct arena *arena = arena_new();
    struct dns_answer answer;
    dns_msg_parse(arena, data, size, qname, type, &answer);
    check(answer.count <= DNS_RECORDS_MAX);
    check((answer.status == DNS_FOUND) == (answer.count > 0));
    check(answer.cname == NULL || answer.status == DNS_NODATA);
    for (size_t i = 0; i < answer.count; i++) {
        const struct dns_record *r = &answer.records[i];
        const char *name = r->name != NULL ? r->name : "";
        check(name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0');
        check(r->text == NULL || strlen(r->text) == r->text_len);
    }
    arena_free(&arena);
    return 0;
}
