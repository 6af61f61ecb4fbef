/* pace_fixture.h - what the tests of pace share: a file of their own, starting and looking. */
#ifndef TESTS_UNIT_PACE_FIXTURE_H
#define TESTS_UNIT_PACE_FIXTURE_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "io/pace_private.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, MANY = 32 };

static char folder[] = "/tmp/test-pace-XXXXXX", path[64];
static int64_t began_ms;

static inline void begin(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/pace", folder);
    settings_defaults(&pace_settings_table);
    pace_settings.file = path;
    began_ms = clock_mono_ms();
}

static inline void end(void)
{
    unlink(path);
    rmdir(folder);
}

static inline struct pace *open_pace(void)
{
    char why[200] = "";
    struct pace *pace = pace_open(&pace_settings, "", why, sizeof(why));
    cr_assert_not_null(pace, "%s", why);
    return pace;
}

/* Rates at which the clock of starts never says no. */
__attribute__((unused)) static const struct pace_limits plenty = {.sessions = 20,
                                                                  .starts_per_second = 1000000};

static inline struct pace_permit *go(struct pace *pace, const char *operator,
                                     const struct pace_limits * limits)
{
    struct pace_permit *permit;
    struct pace_decision decision = pace_start(pace, operator, "", limits, &permit);
    cr_assert_eq(decision.answer, PACE_GO, "%s: %s", operator, decision.why);
    cr_assert_not_null(permit);
    return permit;
}

static inline struct pace_decision no_go(struct pace *pace, const char *operator,
                                         const struct pace_limits * limits, const char *why)
{
    struct pace_permit *permit;
    struct pace_decision decision = pace_start(pace, operator, "", limits, &permit);
    cr_assert_neq(decision.answer, PACE_GO, "%s: not %s", operator, why);
    cr_assert_null(permit);
    cr_assert_str_eq(decision.why, why);
    cr_assert_gt(decision.wait_ms, 0);
    return decision;
}

/* A wait is exact, but for the time this test has taken so far. */
static inline void expect_wait(int64_t got_ms, int64_t want_ms, int64_t since_ms)
{
    int64_t late = clock_mono_ms() - since_ms + 1;
    cr_assert(got_ms <= want_ms + 1 && got_ms >= want_ms - late, "%ld ms, not %ld", (long)got_ms,
              (long)want_ms);
}

/* A session that reports and ends. */
static inline void session(struct pace *pace, const char *operator, enum pace_report report,
                           uint64_t memo)
{
    struct pace_permit *permit = go(pace, operator, & plenty);
    pace_report(permit, report, memo);
    pace_end(&permit);
    cr_assert_null(permit);
}

static struct pace_state state;
static size_t state_count;
static inline void keep_state(const struct pace_state *one, void *arg)
{
    if (arg == NULL || strcmp(one->operator, arg) == 0) {
        state = *one;
        state_count++;
    }
}

static const struct pace_state *state_of(struct pace *pace, const char *operator)
{
    char name[PACE_OPERATOR_SIZE];
    snprintf(name, sizeof(name), "%s", operator);
    state_count = 0;
    pace_each(pace, keep_state, name);
    cr_assert_eq(state_count, 1, "%s: %zu cells", operator, state_count);
    return &state;
}

/* Names that share a bucket, other than the first, which all lookups without pages go to. */
static inline void names_of_one_bucket(char names[][24], size_t count)
{
    size_t found = 0;
    for (unsigned n = 0; found < count; n++) {
        snprintf(names[found], sizeof(names[found]), "op-%u.example", n);
        found += pace_pair(names[found], "").key % PACE_BUCKETS == 1;
    }
}

#endif
