/* guess.c - what answers mean for a search, and what may be believed without one.  Pure. */
#include "find/guess.h"

/* Reasons that are not here say nothing about the candidate: TOLD_NOTHING. */
static const enum told tolds[REASON_COUNT] = {
    [REASON_BAD_SYNTAX] = TOLD_NO,       [REASON_ADDRESS_LITERAL] = TOLD_NO_MAIL,
    [REASON_NO_DOMAIN] = TOLD_NO_MAIL,   [REASON_NO_MAIL_SERVER] = TOLD_NO_MAIL,
    [REASON_NULL_MX] = TOLD_NO_MAIL,     [REASON_ACCEPTED] = TOLD_YES,
    [REASON_CATCH_ALL] = TOLD_CATCH_ALL, [REASON_NO_SUCH_MAILBOX] = TOLD_NO,
    [REASON_MAILBOX_FULL] = TOLD_LIKELY, [REASON_MAILBOX_DISABLED] = TOLD_NO,
    [REASON_MAILBOX_MOVED] = TOLD_NO,    [REASON_DOMAIN_NOT_HERE] = TOLD_NO,
    [REASON_RECOGNISED] = TOLD_LIKELY,   [REASON_OUR_FAILURE] = TOLD_OUR_FAILURE,
};

enum told told_by(const struct verdict *verdict)
{
    enum told told = tolds[verdict->reason];
    bool open = verdict->status == VERDICT_UNKNOWN; /* some reasons come without certainty, too */
    return open && told != TOLD_OUR_FAILURE ? TOLD_NOTHING : told;
}

/* The candidate whose pattern has been confirmed most often; the likelier one of equals. */
static int best_of(const struct clues *clues, const struct pattern_counts *counts)
{
    int best = -1;
    uint32_t most = 0;
    for (size_t i = 0; i < clues->count; i++) {
        uint32_t confirmed = counts->of[clues->candidates[i].pattern];
        if (confirmed > most) {
            most = confirmed;
            best = (int)i;
        }
    }
    return best;
}

static bool has_share(const struct pattern_counts *counts, uint32_t confirmed, uint64_t percent)
{
    uint64_t all = 0;
    for (size_t i = 0; i < PATTERNS_MAX; i++)
        all += counts->of[i];
    return (uint64_t)confirmed * 100 >= all * percent;
}

static struct guess by_domain(const struct clues *clues, int candidate)
{
    uint32_t confirmed = clues->domain.of[clues->candidates[candidate].pattern];
    bool strong =
        confirmed >= GUESS_STRONG && has_share(&clues->domain, confirmed, GUESS_SHARE_PERCENT);
    bool medium = strong || !clues->catch_all;
    return (struct guess){candidate, medium ? FOUND_MEDIUM : FOUND_LOW, FOUND_BY_PATTERN};
}

/* The usual one must be among the candidates: the next best at the provider is no evidence. */
static bool is_usual(const struct clues *clues, int candidate)
{
    uint32_t confirmed = clues->provider.of[clues->candidates[candidate].pattern];
    return has_share(&clues->provider, confirmed, GUESS_PROVIDER_SHARE_PERCENT);
}

struct guess guess_of(const struct clues *clues)
{
    if (clues->evidence.candidate >= 0)
        return (struct guess){clues->evidence.candidate, FOUND_MEDIUM, clues->evidence.source};
    int candidate = best_of(clues, &clues->domain);
    if (candidate >= 0)
        return by_domain(clues, candidate);
    candidate = clues->catch_all ? best_of(clues, &clues->provider) : -1;
    if (candidate >= 0 && is_usual(clues, candidate))
        return (struct guess){candidate, FOUND_LOW, FOUND_BY_MX};
    return (struct guess){-1, FOUND_NOTHING, FOUND_BY_NOTHING};
}
