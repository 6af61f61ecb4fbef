/* pace_words.c - the two words of a cell: how slow, and whether at all.
 *
 * Each state is packed into one 64-bit word, so that one compare-and-swap changes all of it.  Time
 * passing is no change: what has faded since is worked out by who reads.
 *
 *     slow     since_ms:48  served:8    level:8
 *     breaker  at_ms:48     openings:8  row:8
 *
 * A time further ahead than these functions ever set is not one of theirs: the word counts as 0.
 * (SLACK_MS: whoever set it may have looked at the clock a little later than we did.) */
#include "io/pace_private.h"

enum {
    PAUSE_MAX_MS = 30 * 60 * 1000,
    FADE_MS = 10 * 60 * 1000, /* without incident: one level less */
    FADE_SERVED = 20,         /* sessions without incident: one level less */
    BREAKER_MAX_MS = 4 * 60 * 60 * 1000,
    MEMORY_MS = BREAKER_MAX_MS, /* a row of refusals, and an opening, are forgotten after */
    SLACK_MS = 60 * 1000,
    BYTE_MAX = 255,
};

static uint64_t pack(int64_t ms, unsigned high, unsigned low)
{
    return (uint64_t)ms << 16 | (uint64_t)high << 8 | low;
}

struct pace_slow pace_slow_read(uint64_t word, int64_t now_ms)
{
    struct pace_slow slow = {(int64_t)(word >> 16), (unsigned)(word >> 8 & BYTE_MAX),
                             (unsigned)(word & BYTE_MAX)};
    if (slow.level > PACE_LEVEL_MAX || slow.since_ms > now_ms + PAUSE_MAX_MS + SLACK_MS)
        return (struct pace_slow){0};
    int64_t steps = now_ms > slow.since_ms ? (now_ms - slow.since_ms) / FADE_MS : 0;
    if (steps >= (int64_t)slow.level)
        return (struct pace_slow){0};
    slow.level -= (unsigned)steps;
    slow.since_ms += steps * FADE_MS;
    return slow;
}

static int64_t pause_of(int64_t first_ms, unsigned level)
{
    int64_t pause = first_ms;
    for (unsigned i = 1; i < level && pause < PAUSE_MAX_MS; i++)
        pause *= 3;
    return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

bool pace_slow_down(uint64_t *word, int64_t started_ms, int64_t now_ms, int64_t first_ms)
{
    struct pace_slow slow = pace_slow_read(*word, now_ms);
    if (slow.level > 0 && started_ms < slow.since_ms)
        return false;
    if (slow.level < PACE_LEVEL_MAX)
        slow.level++;
    *word = pack(now_ms + pause_of(first_ms, slow.level), 0, slow.level);
    return true;
}

void pace_slow_served(uint64_t *word, int64_t now_ms)
{
    struct pace_slow slow = pace_slow_read(*word, now_ms);
    if (slow.level > 0 && now_ms >= slow.since_ms && ++slow.served >= FADE_SERVED) {
        slow.level--;
        slow.served = 0;
    }
    *word = slow.level > 0 ? pack(slow.since_ms, slow.served, slow.level) : 0;
}

struct pace_breaker pace_breaker_read(uint64_t word, int64_t now_ms)
{
    struct pace_breaker breaker = {(int64_t)(word >> 16), (unsigned)(word >> 8 & BYTE_MAX),
                                   (unsigned)(word & BYTE_MAX)};
    int64_t ahead_max = breaker.openings > 0 ? BREAKER_MAX_MS : 0;
    if (breaker.at_ms > now_ms + ahead_max + SLACK_MS || breaker.at_ms < now_ms - MEMORY_MS)
        return (struct pace_breaker){0};
    return breaker;
}

static int64_t open_for(int64_t first_ms, unsigned openings)
{
    int64_t length = first_ms;
    for (unsigned i = 1; i < openings && length < BREAKER_MAX_MS; i++)
        length *= 2;
    return length < BREAKER_MAX_MS ? length : BREAKER_MAX_MS;
}

bool pace_breaker_refused(uint64_t *word, bool trial, int64_t now_ms,
                          const struct pace_settings *settings)
{
    struct pace_breaker breaker = pace_breaker_read(*word, now_ms);
    if (breaker.openings > 0 && (!trial || breaker.at_ms > now_ms))
        return false;
    if (breaker.openings == 0 && breaker.row < BYTE_MAX)
        breaker.row++;
    if (breaker.openings == 0 && breaker.row < settings->breaker_after) {
        *word = pack(now_ms, 0, breaker.row);
        return false;
    }
    if (breaker.openings < BYTE_MAX)
        breaker.openings++;
    *word = pack(now_ms + open_for(settings->breaker_ms, breaker.openings), breaker.openings,
                 breaker.row);
    return true;
}

void pace_breaker_served(uint64_t *word, bool trial, int64_t now_ms)
{
    if (trial || pace_breaker_read(*word, now_ms).openings == 0)
        *word = 0;
}
