#ifndef VERIFY_OUTAGE_H
#define VERIFY_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Is it us?  When many different destinations in a row could not be reached, for a while, and none
 * could, then port 25 is blocked here, or the resolver is dead, and no address is to blame.  Loop
 * thread only. */
enum outage_kind { OUTAGE_MAIL, OUTAGE_DNS };

struct outage {
    enum outage_kind kind;
    int64_t after_ms, hosts; /* how long, and how many destinations, before it counts */
    int64_t since_ms;        /* first failure after the last success; 0: none */
    uint32_t seen[32];       /* hashes of the destinations that failed since */
    int64_t seen_count;
    bool on;
};

void outage_init(struct outage *outage, enum outage_kind kind, int64_t after_ms, int64_t hosts);
void outage_reached(struct outage *outage);                         /* somebody answered */
void outage_missed(struct outage *outage, const char *destination); /* nobody there did */
bool outage_is_on(const struct outage *outage);

#endif
