#ifndef TESTS_UNIT_MX_FACTS_H
#define TESTS_UNIT_MX_FACTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/facts.h"

/* DNS facts of a domain with these mail hosts: "10 mx1.example.net, 20 mx2.example.net".  They
 * point into *room. */
struct mx_room {
    char text[512];
    struct mx_host hosts[FACTS_MX_MAX];
};

static inline struct dns_facts mx_facts_of(const char *hosts, struct mx_room *room)
{
    struct dns_facts dns = {.mx = room->hosts};
    snprintf(room->text, sizeof(room->text), "%s", hosts);
    for (char *at = room->text; *at != '\0' && dns.mx_count < FACTS_MX_MAX;) {
        char *name, *end;
        struct mx_host *host = &room->hosts[dns.mx_count++];
        host->preference = (uint16_t)strtoul(at, &name, 10);
        host->name = name + 1;
        end = name + 1 + strcspn(name + 1, ",");
        at = *end == ',' ? end + 1 + strspn(end + 1, " ") : end;
        *end = '\0';
    }
    return dns;
}

#endif
