/* outage.c - telling a dead destination from a dead uplink.
 *
 * One unreachable server is a property of its domain; a row of different ones over a minute or more
 * with not one success between is a property of this host.  Time alone proves nothing: on a quiet
 * day one question may be the last for hours.  The first sign of it is logged once, the end of it
 * too. */
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "verify/outage.h"

static const struct {
    const char *began, *question, *ended;
} words[] = {
    [OUTAGE_MAIL] = {"no outside mail server could be reached", "is port 25 blocked here?",
                     "outside mail servers can be reached again"},
    [OUTAGE_DNS] = {"no name could be resolved", "is the resolver dead?",
                    "names can be resolved again"},
};

void outage_init(struct outage *outage, enum outage_kind kind, int64_t after_ms, int64_t hosts)
{
    *outage = (struct outage){.kind = kind, .after_ms = after_ms, .hosts = hosts};
}

void outage_reached(struct outage *outage)
{
    if (outage->on)
        log_info("%s", words[outage->kind].ended);
    outage_init(outage, outage->kind, outage->after_ms, outage->hosts);
}

static bool is_new(struct outage *outage, const char *destination)
{
    uint32_t hash = crypto_crc32(destination, strlen(destination));
    int64_t kept = (int64_t)COUNT_OF(outage->seen);
    for (int64_t i = 0; i < outage->seen_count && i < kept; i++)
        if (outage->seen[i] == hash)
            return false;
    if (outage->seen_count < kept)
        outage->seen[outage->seen_count] = hash;
    return true;
}

void outage_missed(struct outage *outage, const char *destination)
{
    int64_t now_ms = clock_mono_ms();
    if (outage->since_ms == 0)
        outage->since_ms = now_ms;
    if (is_new(outage, destination))
        outage->seen_count++;
    bool on = outage->seen_count >= outage->hosts && now_ms - outage->since_ms >= outage->after_ms;
    if (on && !outage->on)
        log_error("%s for %lld s (%lld tried): %s  run `vrfy doctor`", words[outage->kind].began,
                  (long long)(now_ms - outage->since_ms) / 1000, (long long)outage->seen_count,
                  words[outage->kind].question);
    outage->on = on;
}

bool outage_is_on(const struct outage *outage)
{
    return outage->on;
}
