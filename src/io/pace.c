/* pace.c - how fast one operator may be asked: the decisions.
 *
 * A session is let through by four gates, in this order: the breaker, the pause of a slow-down, the
 * sessions held, the clock of starts.  Whoever passed them counts its session, looks at the first
 * three again (another process may have been faster, or worse news may have come), and takes its
 * start; if one of them shuts meanwhile, the session is not counted any more.
 *
 *     slow-down level n    sessions >> n (at least 1), starts at a 2^n-th of the rate
 *     breaker open         nobody, for its time; then one session at a time, the trial, until one
 *                          is served (it closes) or refused (it opens for twice as long)
 *
 * A row of refusals is one of sessions that began after the last one that was served: with many
 * sessions at once, the refusals of an earlier moment may arrive later.  Likewise a slow-down is
 * deepened only by a session that began after the last pause. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/pace_private.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/xalloc.h"

enum {
    POLL_MS = 20, /* for what others hold: so long, and up to POLL_JITTER_MS more */
    POLL_JITTER_MS = 40,
    MOMENT_MS = 1, /* for a bucket that is being changed, likewise */
    MOMENT_JITTER_MS = 3,
    STARTS_PER_SESSION = 10,
};

struct pace_settings pace_settings;

#define S struct pace_settings

static const struct setting_row rows[] = {
    SETTING_STRING(S, file, "file", "",
                   "what all programs of this host share; empty: one per user in /dev/shm"),
    SETTING_INT(S, starts_per_second, "starts_per_second", "0", "0", "100000",
                "new sessions with one operator per second; 0: ten times the sessions at once"),
    SETTING_STRING(S, operators, "operators",
                   "Google=5/50, Google Workspace=5/50, Microsoft 365=5/50, Outlook=5/50, "
                   "Yahoo=10/20, AOL=10/20, iCloud=10/5, Mimecast=10/100",
                   "limits of single operators, NAME=SESSIONS[/RECIPIENTS[/STARTS]]: sessions at "
                   "once, recipients in one, new ones a second"),
    SETTING_INT(S, breaker_after, "breaker_after", "3", "1", "200",
                "refusals of us in a row after which an operator is left alone"),
    SETTING_DURATION(S, breaker_ms, "breaker", "15m", "1ms", "4h",
                     "for how long, the first time; doubles, up to 4h"),
    SETTING_DURATION(S, slow_down_ms, "slow_down", "10s", "0s", "30m",
                     "pause after an operator asked for less; triples, up to 30m"),
};

#undef S

const struct settings_table pace_settings_table = {"pace", rows, COUNT_OF(rows), &pace_settings};

struct pace_permit {
    struct pace *pace;
    struct pace_cell *cell;
    int64_t began_us;
    bool trial;   /* what an open breaker let through */
    bool counted; /* in the row of refusals */
};

/* One question of pace_start. */
struct ask {
    struct pace_pair pair;
    int64_t now_us;
    int sessions;
    int64_t interval_us; /* between starts, at full speed */
};

static void default_path(const char *internet, char *path, size_t size)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    crypto_sha256(internet, strlen(internet), digest);
    const char *folder = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, size, "%s/vrfy-%u-%02x%02x%02x%02x.pace", folder, (unsigned)geteuid(), digest[0],
             digest[1], digest[2], digest[3]);
}

struct pace *pace_open(const struct pace_settings *settings, const char *internet, char *why,
                       size_t why_size)
{
    char path[64];
    struct pace *pace = NEW(struct pace);
    default_path(internet, path, sizeof(path));
    pace->settings = *settings;
    pace->settings.file = pace->settings.operators = NULL;
    crypto_random(&pace->dice, sizeof(pace->dice));
    pace->dice |= 1;
    if (!pace_file_open(pace, settings->file[0] != '\0' ? settings->file : path, why, why_size)) {
        free(pace);
        return NULL;
    }
    return pace;
}

void pace_close(struct pace **pace)
{
    if (*pace == NULL)
        return;
    assert((*pace)->permits == 0);
    pace_file_close(*pace);
    free(*pace);
    *pace = NULL;
}

/* From least to least + spread; xorshift64. */
static int64_t jitter(struct pace *pace, int least, int spread)
{
    pace->dice ^= pace->dice << 13;
    pace->dice ^= pace->dice >> 7;
    pace->dice ^= pace->dice << 17;
    return least + (int64_t)(pace->dice % (uint64_t)(spread + 1));
}

static struct pace_decision wait_for(const char *why, int64_t wait_ms)
{
    return (struct pace_decision){
        .answer = PACE_WAIT, .wait_ms = wait_ms > 0 ? wait_ms : 1, .why = why};
}

static struct pace_decision wait_poll(struct pace *pace, const char *why)
{
    return wait_for(why, jitter(pace, POLL_MS, POLL_JITTER_MS));
}

static struct ask ask_of(const char *operator, const char * source,
                         const struct pace_limits *limits)
{
    struct ask ask = {.pair = pace_pair(operator, source), .now_us = clock_mono_us()};
    int sessions = limits->sessions < 1 ? 1 : limits->sessions;
    ask.sessions = sessions < PACE_SESSIONS_MAX ? sessions : PACE_SESSIONS_MAX;
    int64_t rate = limits->starts_per_second > 0 ? limits->starts_per_second
                                                 : (int64_t)ask.sessions * STARTS_PER_SESSION;
    ask.interval_us = rate < 1000000 ? 1000000 / rate : 1;
    return ask;
}

static unsigned level_of(struct pace_cell *cell, int64_t now_us)
{
    return pace_slow_read(atomic_load(&cell->slow), now_us / 1000).level;
}

static uint64_t sessions_allowed(int sessions, unsigned level, bool trial)
{
    uint64_t allowed = (uint64_t)sessions >> level;
    return trial || allowed == 0 ? 1 : allowed;
}

static int64_t interval_of(struct pace_cell *cell, const struct ask *ask)
{
    return ask->interval_us << level_of(cell, ask->now_us);
}

/* Microseconds until the next start; 0: now.  *clock is the cell's, set back first when it is ahead
 * by more than a whole burst: it comes from a slower time, or is no clock of ours. */
static int64_t start_wait(struct pace_cell *cell, const struct ask *ask, int64_t *clock)
{
    int64_t interval = interval_of(cell, ask);
    int64_t latest = ask->now_us + interval * ask->sessions;
    *clock = atomic_load(&cell->start_us);
    if (*clock > latest && atomic_compare_exchange_strong(&cell->start_us, clock, latest))
        *clock = latest;
    if (*clock <= ask->now_us)
        return 0;
    int64_t wait = *clock - interval * (ask->sessions - 1) - ask->now_us;
    return wait > 0 ? wait : 0;
}

static bool start_take(struct pace_cell *cell, const struct ask *ask, int64_t *wait_us)
{
    int64_t before, after;
    do {
        *wait_us = start_wait(cell, ask, &before);
        if (*wait_us > 0)
            return false;
        after = (before > ask->now_us ? before : ask->now_us) + interval_of(cell, ask);
    } while (!atomic_compare_exchange_weak(&cell->start_us, &before, after));
    return true;
}

static struct pace_decision wait_start(int64_t wait_us)
{
    return wait_for("starts", (wait_us + 999) / 1000);
}

/* The gates but for the start.  `counted` is our own session, if it is counted already. */
static struct pace_decision gates(struct pace *pace, struct pace_cell *cell, const struct ask *ask,
                                  uint64_t counted, bool *trial)
{
    int64_t now_ms = ask->now_us / 1000;
    struct pace_breaker breaker = pace_breaker_read(atomic_load(&cell->breaker), now_ms);
    *trial = breaker.openings > 0;
    if (*trial && breaker.at_ms > now_ms)
        return (struct pace_decision){PACE_CLOSED, breaker.at_ms - now_ms, "breaker",
                                      atomic_load(&cell->memo)};
    struct pace_slow slow = pace_slow_read(atomic_load(&cell->slow), now_ms);
    if (slow.level > 0 && slow.since_ms > now_ms)
        return (struct pace_decision){.answer = PACE_WAIT,
                                      .wait_ms = slow.since_ms - now_ms,
                                      .why = "slow-down",
                                      .memo = atomic_load(&cell->memo)};
    uint64_t most = sessions_allowed(ask->sessions, slow.level, *trial) - 1 + counted;
    if (pace_cell_held(pace, cell, false) > most && pace_cell_held(pace, cell, true) > most)
        return wait_poll(pace, *trial ? "breaker" : "sessions");
    return (struct pace_decision){.answer = PACE_GO, .why = ""};
}

/* With our session counted: the gates again, whether it is counted in the right cell, the start. */
static struct pace_decision confirm(struct pace *pace, struct pace_cell *cell,
                                    const struct ask *ask, bool *trial)
{
    int64_t wait_us;
    if (!pace_cell_still_of(pace, cell, ask->pair.key))
        return wait_for("sessions", jitter(pace, MOMENT_MS, MOMENT_JITTER_MS));
    struct pace_decision decision = gates(pace, cell, ask, 1, trial);
    if (decision.answer == PACE_GO && !start_take(cell, ask, &wait_us))
        return wait_start(wait_us);
    return decision;
}

static struct pace_permit *permit_new(struct pace *pace, struct pace_cell *cell,
                                      const struct ask *ask, bool trial)
{
    struct pace_permit *permit = NEW(struct pace_permit);
    *permit =
        (struct pace_permit){.pace = pace, .cell = cell, .began_us = ask->now_us, .trial = trial};
    pace->permits++;
    atomic_fetch_add(&cell->starts, 1);
    atomic_store(&cell->touched_us, ask->now_us);
    atomic_store(&cell->sessions_max, (uint64_t)ask->sessions);
    return permit;
}

static bool hold(struct pace *pace, struct pace_cell *cell)
{
    if (pace_cell_hold(pace, cell))
        return true;
    pace_cell_held(pace, cell, true); /* the dead make room */
    return pace_cell_hold(pace, cell);
}

struct pace_decision pace_start(struct pace *pace, const char *operator, const char * source,
                                const struct pace_limits *limits, struct pace_permit **permit)
{
    bool trial;
    int64_t before;
    struct ask ask = ask_of(operator, source, limits);
    *permit = NULL;
    struct pace_cell *cell = pace_cell_find(pace, &ask.pair, ask.now_us);
    if (cell == NULL)
        return wait_for("sessions", jitter(pace, MOMENT_MS, MOMENT_JITTER_MS));
    struct pace_decision decision = gates(pace, cell, &ask, 0, &trial);
    if (decision.answer != PACE_GO)
        return decision;
    int64_t wait_us = start_wait(cell, &ask, &before);
    if (wait_us > 0)
        return wait_start(wait_us);
    if (!hold(pace, cell))
        return wait_poll(pace, "sessions");
    decision = confirm(pace, cell, &ask, &trial);
    if (decision.answer == PACE_GO)
        *permit = permit_new(pace, cell, &ask, trial);
    else
        pace_cell_release(pace, cell);
    return decision;
}

void pace_end(struct pace_permit **permit)
{
    if (*permit == NULL)
        return;
    struct pace *pace = (*permit)->pace;
    atomic_store(&(*permit)->cell->touched_us, clock_mono_us());
    pace_cell_release(pace, (*permit)->cell);
    pace->permits--;
    free(*permit);
    *permit = NULL;
}

static void report_served(struct pace_permit *permit, int64_t now_us)
{
    struct pace_cell *cell = permit->cell;
    uint64_t before = atomic_load(&cell->breaker), after;
    atomic_store(&cell->served_us, now_us);
    do {
        after = before;
        pace_breaker_served(&after, permit->trial, now_us / 1000);
    } while (after != before && !atomic_compare_exchange_weak(&cell->breaker, &before, after));
    before = atomic_load(&cell->slow);
    do {
        after = before;
        pace_slow_served(&after, now_us / 1000);
    } while (after != before && !atomic_compare_exchange_weak(&cell->slow, &before, after));
}

static void count_refusal(struct pace_permit *permit, int64_t now_us)
{
    struct pace_cell *cell = permit->cell;
    uint64_t before = atomic_load(&cell->breaker), after;
    bool opens;
    if (permit->counted || permit->began_us < atomic_load(&cell->served_us))
        return;
    permit->counted = true;
    do {
        after = before;
        opens = pace_breaker_refused(&after, permit->trial, now_us / 1000, &permit->pace->settings);
    } while (after != before && !atomic_compare_exchange_weak(&cell->breaker, &before, after));
    if (opens)
        atomic_fetch_add(&cell->opened, 1);
}

static bool slow_down(struct pace_permit *permit, int64_t now_us)
{
    struct pace_cell *cell = permit->cell;
    uint64_t before = atomic_load(&cell->slow), after;
    bool news;
    do {
        after = before;
        news = pace_slow_down(&after, permit->began_us / 1000, now_us / 1000,
                              permit->pace->settings.slow_down_ms);
    } while (after != before && !atomic_compare_exchange_weak(&cell->slow, &before, after));
    return news;
}

void pace_report(struct pace_permit *permit, enum pace_report report, uint64_t memo)
{
    int64_t now_us = clock_mono_us();
    struct pace_cell *cell = permit->cell;
    if (report == PACE_SERVED) {
        report_served(permit, now_us);
        return;
    }
    atomic_store(&cell->memo, memo);
    atomic_fetch_add(report == PACE_SLOWED ? &cell->slowed : &cell->refused, 1);
    if (report == PACE_REFUSED || slow_down(permit, now_us))
        count_refusal(permit, now_us);
}

static void name_read(struct pace_cell *cell, size_t at, char *out, size_t size)
{
    uint64_t words[PACE_NAME_WORDS];
    for (size_t i = 0; i < PACE_NAME_WORDS; i++)
        words[i] = atomic_load(&cell->names[i]);
    snprintf(out, size, "%.*s", (int)size - 1, (const char *)words + at);
    for (char *c = out; *c != '\0'; c++)
        if (*c < 0x20 || *c > 0x7E)
            *c = '?';
}

static struct pace_state state_of(struct pace *pace, struct pace_cell *cell)
{
    int64_t now_us = clock_mono_us(), now_ms = now_us / 1000;
    struct pace_breaker breaker = pace_breaker_read(atomic_load(&cell->breaker), now_ms);
    struct pace_slow slow = pace_slow_read(atomic_load(&cell->slow), now_ms);
    uint64_t held = pace_cell_held(pace, cell, true), max = atomic_load(&cell->sessions_max);
    int64_t touched_us = atomic_load(&cell->touched_us);
    struct pace_state state = {
        .sessions = held < INT32_MAX ? (int)held : INT32_MAX,
        .slow_level = (int)slow.level,
        .refusals = (int)breaker.row,
        .pause_ms = slow.since_ms > now_ms ? slow.since_ms - now_ms : 0,
        .breaker_ms = breaker.openings > 0 && breaker.at_ms > now_ms ? breaker.at_ms - now_ms : 0,
        .idle_ms = touched_us >= 0 && touched_us < now_us ? (now_us - touched_us) / 1000 : 0,
        .starts = atomic_load(&cell->starts),
        .slowed = atomic_load(&cell->slowed),
        .refused = atomic_load(&cell->refused),
        .opened = atomic_load(&cell->opened),
    };
    state.sessions_max = (int)sessions_allowed(
        max < PACE_SESSIONS_MAX ? (int)max : PACE_SESSIONS_MAX, slow.level, breaker.openings > 0);
    name_read(cell, 0, state.operator, sizeof(state.operator));
    name_read(cell, PACE_OPERATOR_SIZE, state.source, sizeof(state.source));
    return state;
}

static bool in_use(struct pace_bucket *bucket, size_t i)
{
    return i == PACE_SHARED ? atomic_load(&bucket->cells[i].starts) > 0
                            : atomic_load(&bucket->keys[i]) > PACE_TAKEN;
}

typedef void cell_fn(struct pace *pace, struct pace_cell *cell, void *arg);

static void each_cell(struct pace *pace, cell_fn *fn, void *arg)
{
    for (size_t b = 0; (b = pace_file_used(pace, b)) < PACE_BUCKETS; b++) {
        struct pace_bucket *bucket = &pace->file->buckets[b];
        for (size_t i = 0; i < PACE_BUCKET_CELLS; i++)
            if (in_use(bucket, i))
                fn(pace, &bucket->cells[i], arg);
    }
}

struct visitor {
    pace_state_fn *fn;
    void *arg;
};

static void visit(struct pace *pace, struct pace_cell *cell, void *arg)
{
    const struct visitor *visitor = arg;
    struct pace_state state = state_of(pace, cell);
    visitor->fn(&state, visitor->arg);
}

void pace_each(struct pace *pace, pace_state_fn *fn, void *arg)
{
    each_cell(pace, visit, &(struct visitor){fn, arg});
}

struct pardon {
    const char *operator;
    size_t count;
};

static void forgive(struct pace *pace, struct pace_cell *cell, void *arg)
{
    struct pardon *pardon = arg;
    struct pace_state state = state_of(pace, cell);
    if (strncmp(state.operator, pardon->operator, sizeof(state.operator) - 1) != 0)
        return;
    atomic_store(&cell->breaker, 0);
    atomic_store(&cell->slow, 0);
    pardon->count++;
}

size_t pace_forgive(struct pace *pace, const char *operator)
{
    struct pardon pardon = {.operator= operator};
    each_cell(pace, forgive, &pardon);
    return pardon.count;
}
