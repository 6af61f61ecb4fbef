#ifndef TESTS_DNS_LINE_H
#define TESTS_DNS_LINE_H

#include "dns/dns_msg.h"
#include "base/strbuf.h"

/* An answer as one line, to be freed: "found ttl=300 10:mx1.example.com 20:mx2.example.com". */
static inline void dns_line_record(struct strbuf *out, enum dns_type type,
                                   const struct dns_record *r)
{
    switch (type) {
    case DNS_TYPE_A:
        strbuf_printf(out, " %d.%d.%d.%d", r->address[0], r->address[1], r->address[2],
                      r->address[3]);
        break;
    case DNS_TYPE_AAAA:
        strbuf_printf(out, " %02x%02x::%x", r->address[0], r->address[1], r->address[15]);
        break;
    case DNS_TYPE_MX:
        strbuf_printf(out, " %d:%s", r->preference, r->name);
        break;
    case DNS_TYPE_TXT:
        strbuf_printf(out, " \"%s\"", r->text);
        break;
    case DNS_TYPE_PTR:
    case DNS_TYPE_CNAME:
        strbuf_printf(out, " %s", r->name);
        break;
    }
}

static inline char *dns_line(enum dns_type type, const struct dns_answer *a)
{
    struct strbuf out = {0};
    strbuf_printf(&out, "%s ttl=%u", dns_status_name(a->status), a->ttl);
    for (size_t i = 0; i < a->count; i++)
        dns_line_record(&out, type, &a->records[i]);
    if (a->cname != NULL)
        strbuf_printf(&out, " -> %s", a->cname);
    return out.data;
}

#endif
