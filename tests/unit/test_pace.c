/* test_pace.c - the limits towards one operator: each gate, what opens and shuts it; and who gets
 * which cell. */
#include "pace_fixture.h"

TestSuite(pace, .init = begin, .fini = end);

/* ---- the two words ---- */

Test(pace, pauses_triple_and_speed_halves)
{
    static const int64_t pauses_ms[] = {10000, 30000, 90000, 270000, 810000, 810000};
    int64_t now_ms = 1000000;
    uint64_t word = 0;
    for (size_t i = 0; i < COUNT_OF(pauses_ms); i++) {
        cr_assert(pace_slow_down(&word, now_ms, now_ms, 10000));
        struct pace_slow slow = pace_slow_read(word, now_ms);
        cr_expect_eq(slow.since_ms - now_ms, pauses_ms[i], "level %u", slow.level);
        cr_expect_eq(slow.level, i < PACE_LEVEL_MAX ? i + 1 : PACE_LEVEL_MAX);
        now_ms = slow.since_ms;
    }
    cr_assert(pace_slow_down(&word, now_ms, now_ms, 600000));
    cr_expect_eq(pace_slow_read(word, now_ms).since_ms - now_ms, 30 * MINUTE_MS, "capped");
}

Test(pace, what_slows_down)
{
    static const struct {
        const char *label;
        int64_t started_ms, now_ms;
        unsigned level;
    } rows[] = {
        {"the first", 900, 1000, 1},
        {"another, in the pause", 950, 2000, 1},
        {"after the pause, but began before it", 990, 11500, 1},
        {"began after the pause", 11000, 11600, 2},
        {"ten quiet minutes after that pause, minus one", 640000, 641599, 3},
    };
    uint64_t word = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        pace_slow_down(&word, rows[i].started_ms, rows[i].now_ms, 10000);
        cr_expect_eq(pace_slow_read(word, rows[i].now_ms).level, rows[i].level, "%s",
                     rows[i].label);
    }
}

Test(pace, slow_down_fades_with_time_and_with_service)
{
    uint64_t word = 0;
    for (int64_t now_ms = 0; pace_slow_read(word, now_ms).level < 3; now_ms += HOUR_MS / 12)
        pace_slow_down(&word, now_ms, now_ms, 1000);
    int64_t since_ms = pace_slow_read(word, 0).since_ms;
    static const unsigned levels[] = {3, 2, 1, 0, 0};
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        int64_t at_ms = since_ms + (int64_t)i * 10 * MINUTE_MS;
        cr_expect_eq(pace_slow_read(word, at_ms).level, levels[i], "after %zu0 minutes", i);
        cr_expect_eq(pace_slow_read(word, at_ms + 10 * MINUTE_MS - 1).level, levels[i]);
    }
    for (unsigned served = 0; served < 60; served++) {
        cr_expect_eq(pace_slow_read(word, since_ms).level, 3 - served / 20, "%u served", served);
        pace_slow_served(&word, since_ms - 1);
        pace_slow_served(&word, since_ms);
    }
    cr_expect_eq(word, 0);
}

Test(pace, breaker_doubles_to_four_hours_and_forgets)
{
    static const int64_t lengths_min[] = {15, 30, 60, 120, 240, 240, 240};
    int64_t now_ms = 0;
    uint64_t word = 0;
    cr_assert_not(pace_breaker_refused(&word, false, now_ms, &pace_settings));
    cr_assert_not(pace_breaker_refused(&word, false, now_ms, &pace_settings));
    for (size_t i = 0; i < COUNT_OF(lengths_min); i++) {
        cr_assert(pace_breaker_refused(&word, i > 0, now_ms, &pace_settings));
        struct pace_breaker breaker = pace_breaker_read(word, now_ms);
        cr_expect_eq(breaker.at_ms - now_ms, lengths_min[i] * MINUTE_MS, "opening %zu", i + 1);
        cr_expect_not(pace_breaker_refused(&word, false, now_ms, &pace_settings));
        cr_expect_not(pace_breaker_refused(&word, true, now_ms, &pace_settings), "said already");
        pace_breaker_served(&word, false, now_ms);
        now_ms = breaker.at_ms;
    }
    cr_expect_gt(pace_breaker_read(word, now_ms + 4 * HOUR_MS).openings, 0);
    cr_expect_eq(pace_breaker_read(word, now_ms + 4 * HOUR_MS + 1).openings, 0, "forgotten");
    pace_breaker_served(&word, true, now_ms);
    cr_expect_eq(word, 0);
    pace_breaker_refused(&word, false, now_ms, &pace_settings);
    cr_expect_eq(pace_breaker_read(word, now_ms + 4 * HOUR_MS).row, 1);
    cr_expect_eq(pace_breaker_read(word, now_ms + 4 * HOUR_MS + 1).row, 0, "forgotten");
}

Test(pace, words_of_strangers_count_as_nothing)
{
    static const uint64_t words[] = {UINT64_MAX, UINT64_MAX - 0xFF, UINT64_C(0x7FFFFFFFFFFF0103),
                                     UINT64_C(0x000000000000FFFF)};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        cr_expect_eq(pace_slow_read(words[i], HOUR_MS).level, 0, "%zu", i);
        cr_expect_eq(pace_breaker_read(words[i], 5 * HOUR_MS).openings, 0, "%zu", i);
        cr_expect_eq(pace_breaker_read(words[i], 5 * HOUR_MS).row, 0, "%zu", i);
    }
}

/* ---- the gates ---- */

Test(pace, sessions_at_once)
{
    static const int limits[] = {-1, 1, 2, 20, 1000, 5000};
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        char name[24];
        snprintf(name, sizeof(name), "op-%zu", i);
        struct pace_limits limit = {.sessions = limits[i], .starts_per_second = 1000000};
        int count = limits[i] < 1 ? 1 : limits[i] > 1000 ? 1000 : limits[i];
        struct pace_permit **held = x_calloc((size_t)count, sizeof(*held)), *other;
        struct pace *pace = open_pace(), *twin = open_pace();
        for (int n = 0; n < count; n++)
            held[n] = go(n % 2 ? pace : twin, name, &limit);
        for (int n = 0; n < 20; n++) {
            struct pace_decision decision = no_go(pace, name, &limit, "sessions");
            cr_expect(decision.wait_ms >= 20 && decision.wait_ms <= 60, "%ld",
                      (long)decision.wait_ms);
        }
        no_go(twin, name, &limit, "sessions");
        cr_expect_eq(state_of(twin, name)->sessions, count);
        cr_expect_eq(state.sessions_max, count);
        pace_end(&held[count - 1]);
        held[count - 1] = go(pace, name, &limit);
        cr_expect_eq(pace_start(pace, name, "192.0.2.1", &limit, &other).answer, PACE_GO,
                     "another source has limits of its own");
        pace_end(&other);
        other = go(pace, "Microsoft", &limit);
        pace_end(&other);
        pace_end(&other);
        for (int n = 0; n < count; n++)
            pace_end(&held[n]);
        pace_close(&pace);
        pace_close(&twin);
        pace_close(&twin);
        free(held);
    }
}

Test(pace, starts_after_a_burst_come_at_the_rate)
{
    struct pace *pace = open_pace();
    struct pace_limits limits = {.sessions = 5, .starts_per_second = 1};
    struct pace_permit *permit;
    int64_t before_us = clock_mono_us();
    int count = 0;
    while (pace_start(pace, "Google", "", &limits, &permit).answer == PACE_GO) {
        pace_end(&permit);
        count++;
    }
    int64_t most = 5 + (clock_mono_us() - before_us) / 1000000 + 1;
    cr_expect(count >= 5 && count <= most, "%d of a burst", count);
    for (int i = 0; i < 10; i++) {
        struct pace_decision decision = pace_start(pace, "Google", "", &limits, &permit);
        if (decision.answer == PACE_WAIT) {
            cr_expect_str_eq(decision.why, "starts");
            cr_expect(decision.wait_ms > 0 && decision.wait_ms <= 1000);
            clock_test_shift(decision.wait_ms);
            permit = go(pace, "Google", &limits);
        }
        pace_end(&permit);
    }
    pace_close(&pace);
}

Test(pace, a_rate_of_zero_is_ten_times_the_sessions)
{
    struct pace *pace = open_pace();
    struct pace_limits limits = {.sessions = 2, .starts_per_second = 0};
    struct pace_decision decision = {.answer = PACE_GO};
    struct pace_permit *permit;
    while ((decision = pace_start(pace, "Google", "", &limits, &permit)).answer == PACE_GO)
        pace_end(&permit);
    cr_expect(decision.wait_ms > 0 && decision.wait_ms <= 50, "%ld", (long)decision.wait_ms);
    pace_close(&pace);
}

Test(pace, slow_down_then_half_of_everything)
{
    struct pace *pace = open_pace();
    struct pace_permit *held[20];
    for (size_t i = 0; i < COUNT_OF(held); i++)
        held[i] = go(pace, "Google", &plenty);
    int64_t slowed_ms = clock_mono_ms();
    for (size_t i = 0; i < 10; i++)
        pace_report(held[i], PACE_SLOWED, 7);
    cr_expect_eq(state_of(pace, "Google")->slow_level, 1, "one event, told ten times");
    cr_expect_eq(state.refusals, 1);
    cr_expect_eq(state.slowed, 10);
    expect_wait(state.pause_ms, 10000, slowed_ms);
    expect_wait(no_go(pace, "Google", &plenty, "slow-down").wait_ms, 10000, slowed_ms);
    clock_test_shift(10000);
    for (size_t i = 0; i < 10; i++) {
        no_go(pace, "Google", &plenty, "sessions");
        pace_end(&held[i]);
    }
    no_go(pace, "Google", &plenty, "sessions");
    pace_end(&held[10]);
    held[10] = go(pace, "Google", &plenty);
    no_go(pace, "Google", &plenty, "sessions");
    cr_expect_eq(state_of(pace, "Google")->sessions_max, 10);
    for (size_t i = 10; i < 20; i++)
        pace_end(&held[i]);
    for (int i = 0; i < 20; i++)
        session(pace, "Google", PACE_SERVED, 0);
    cr_expect_eq(state_of(pace, "Google")->sessions_max, 20);
    pace_close(&pace);
}

Test(pace, the_slowest_is_one_session)
{
    struct pace *pace = open_pace();
    pace_settings.breaker_after = 200;
    struct pace *patient = open_pace();
    for (int level = 1; level <= 6; level++) {
        session(patient, "Google", PACE_SLOWED, 0);
        clock_test_shift(state_of(pace, "Google")->pause_ms + 1);
        cr_expect_eq(state.slow_level, level < 5 ? level : 5);
    }
    cr_expect_eq(state_of(pace, "Google")->sessions_max, 1);
    struct pace_permit *permit = go(pace, "Google", &plenty);
    no_go(patient, "Google", &plenty, "sessions");
    pace_end(&permit);
    clock_test_shift(50 * MINUTE_MS);
    cr_expect_eq(state_of(pace, "Google")->sessions_max, 20);
    pace_close(&patient);
    pace_close(&pace);
}

Test(pace, breaker_opens_is_tried_and_closes)
{
    struct pace *pace = open_pace(), *other = open_pace();
    session(pace, "Google", PACE_REFUSED, 1);
    session(other, "Google", PACE_REFUSED, 2);
    session(pace, "Google", PACE_SERVED, 0);
    session(pace, "Google", PACE_REFUSED, 3);
    session(other, "Google", PACE_SLOWED, 4);
    clock_test_shift(10001);
    int64_t opened_ms = clock_mono_ms();
    session(pace, "Google", PACE_REFUSED, 5);
    struct pace_decision decision = no_go(other, "Google", &plenty, "breaker");
    cr_expect_eq(decision.answer, PACE_CLOSED);
    cr_expect_eq(decision.memo, 5);
    expect_wait(decision.wait_ms, 15 * MINUTE_MS, opened_ms);
    for (int minutes = 15; minutes < 120; minutes *= 2) {
        clock_test_shift(minutes * MINUTE_MS);
        struct pace_permit *trial = go(other, "Google", &plenty);
        decision = no_go(pace, "Google", &plenty, "breaker");
        cr_expect_eq(decision.answer, PACE_WAIT, "the others wait for the trial");
        pace_end(&trial);
        trial = go(pace, "Google", &plenty);
        no_go(other, "Google", &plenty, "breaker");
        opened_ms = clock_mono_ms();
        pace_report(trial, PACE_REFUSED, 6);
        pace_end(&trial);
        decision = no_go(pace, "Google", &plenty, "breaker");
        cr_expect_eq(decision.answer, PACE_CLOSED);
        expect_wait(decision.wait_ms, 2 * minutes * MINUTE_MS, opened_ms);
    }
    clock_test_shift(2 * HOUR_MS);
    session(pace, "Google", PACE_SERVED, 0);
    struct pace_permit *both[] = {go(pace, "Google", &plenty), go(other, "Google", &plenty)};
    pace_end(&both[0]);
    pace_end(&both[1]);
    cr_expect_eq(state_of(pace, "Google")->opened, 4);
    cr_expect_eq(state.refused, 7);
    cr_expect_eq(state.refusals, 0);
    pace_close(&pace);
    pace_close(&other);
}

Test(pace, old_news_changes_nothing)
{
    struct pace *pace = open_pace();
    struct pace_permit *old[4], *young;
    for (size_t i = 0; i < COUNT_OF(old); i++)
        old[i] = go(pace, "Google", &plenty);
    clock_test_shift(1);
    pace_report(old[0], PACE_SERVED, 0);
    for (size_t i = 1; i < 4; i++)
        pace_report(old[i], PACE_REFUSED, 1);
    cr_expect_eq(state_of(pace, "Google")->refusals, 0);
    cr_expect_eq(state.refused, 3);
    for (int i = 0; i < 3; i++) {
        clock_test_shift(1);
        young = go(pace, "Google", &plenty);
        pace_report(young, PACE_REFUSED, 2);
        pace_report(young, PACE_SLOWED, 2);
        pace_end(&young);
        cr_expect_eq(state_of(pace, "Google")->refusals, i + 1, "once per session");
        clock_test_shift(100000);
    }
    pace_report(old[1], PACE_SERVED, 0);
    cr_expect_gt(state_of(pace, "Google")->breaker_ms, 0, "only a trial closes it");
    for (size_t i = 0; i < COUNT_OF(old); i++)
        pace_end(&old[i]);
    pace_close(&pace);
}

Test(pace, forgiven)
{
    struct pace *pace = open_pace();
    for (int i = 0; i < 3; i++)
        session(pace, "Google", PACE_REFUSED, 1);
    session(pace, "Googl", PACE_SLOWED, 1);
    cr_expect_eq(pace_forgive(pace, "nobody"), 0);
    cr_expect_eq(pace_forgive(pace, "Google"), 1);
    session(pace, "Google", PACE_SERVED, 1);
    no_go(pace, "Googl", &plenty, "slow-down");
    cr_expect_eq(pace_forgive(pace, "Googl"), 1);
    session(pace, "Googl", PACE_SERVED, 1);
    pace_close(&pace);
}

/* ---- cells ---- */

Test(pace, idle_cells_are_taken_over_and_penalties_are_kept)
{
    static char names[MANY][24];
    struct pace *pace = open_pace();
    names_of_one_bucket(names, MANY);
    for (int i = 0; i < 3; i++)
        session(pace, names[0], PACE_REFUSED, 9);
    session(pace, names[1], PACE_SLOWED, 9);
    for (size_t i = 2; i < MANY; i++) {
        session(pace, names[i], PACE_REFUSED, 9);
        cr_expect_eq(state_of(pace, names[i])->starts, 1);
        clock_test_shift(1);
    }
    state_count = 0;
    pace_each(pace, keep_state, NULL);
    cr_expect_eq(state_count, PACE_SHARED);
    cr_expect_eq(no_go(pace, names[0], &plenty, "breaker").answer, PACE_CLOSED);
    no_go(pace, names[1], &plenty, "slow-down");
    cr_expect_eq(state_of(pace, names[MANY - 1])->refusals, 1);
    pace_close(&pace);
}

Test(pace, a_full_bucket_is_shared_and_never_allows_more)
{
    static char names[MANY][24];
    struct pace *pace = open_pace();
    struct pace_limits limits = {.sessions = 2, .starts_per_second = 1000000};
    struct pace_permit *own[PACE_SHARED], *shared[2];
    names_of_one_bucket(names, MANY);
    for (size_t i = 0; i < PACE_SHARED; i++)
        own[i] = go(pace, names[i], &limits);
    shared[0] = go(pace, names[20], &limits);
    shared[1] = go(pace, names[21], &limits);
    no_go(pace, names[22], &limits, "sessions");
    cr_expect_eq(state_of(pace, "(several)")->sessions, 2);
    clock_test_shift(MINUTE_MS);
    pace_end(&own[0]);
    /* A cell is free, but the shared one may hold sessions of whoever asks. */
    no_go(pace, names[20], &limits, "sessions");
    pace_end(&shared[0]);
    shared[0] = go(pace, names[23], &limits);
    no_go(pace, names[20], &limits, "sessions");
    pace_end(&shared[0]);
    pace_end(&shared[1]);
    shared[0] = go(pace, names[20], &limits);
    cr_expect_eq(state_of(pace, names[20])->sessions, 1);
    pace_end(&shared[0]);
    for (size_t i = 1; i < PACE_SHARED; i++)
        pace_end(&own[i]);
    pace_close(&pace);
}

Test(pace, without_room_in_the_file_system_the_first_bucket_serves_all)
{
    struct pace *pace = open_pace();
    struct pace_permit *held[MANY];
    memset(pace->lacking, 0xFF, sizeof(pace->lacking));
    memset(pace->ready, 0, sizeof(pace->ready));
    for (size_t i = 0; i < 20; i++) {
        char name[24];
        snprintf(name, sizeof(name), "op-%zu.example", i);
        held[i] = go(pace, name, &plenty);
    }
    state_count = 0;
    pace_each(pace, keep_state, NULL);
    cr_expect_eq(state_count, PACE_BUCKET_CELLS);
    for (size_t i = 0; i < 20; i++)
        pace_end(&held[i]);
    pace_close(&pace);
}

Test(pace, more_processes_than_a_cell_has_entries_wait)
{
    struct pace *paces[PACE_HOLDERS + 1];
    struct pace_permit *held[PACE_HOLDERS];
    struct pace_limits limits = {.sessions = 100, .starts_per_second = 1000000};
    for (size_t i = 0; i <= PACE_HOLDERS; i++)
        paces[i] = open_pace();
    for (size_t i = 0; i < PACE_HOLDERS; i++)
        held[i] = go(paces[i], "Google", &limits);
    no_go(paces[PACE_HOLDERS], "Google", &limits, "sessions");
    pace_end(&held[3]);
    held[3] = go(paces[PACE_HOLDERS], "Google", &limits);
    no_go(paces[3], "Google", &limits, "sessions");
    for (size_t i = 0; i < PACE_HOLDERS; i++)
        pace_end(&held[i]);
    for (size_t i = 0; i <= PACE_HOLDERS; i++)
        pace_close(&paces[i]);
}
