/* clock.c - monotonic and wall time.  The shift is for tests that move over a month end. */
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static atomic_llong shift_ms;

static int64_t read_us(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 + atomic_load(&shift_ms) * 1000;
}

int64_t clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

void clock_iso(int64_t wall_us, char *out, size_t size)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm tm;
    if (gmtime_r(&seconds, &tm) == NULL || strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(out, size, "?");
}

void clock_iso_ms(int64_t wall_us, char *out, size_t size)
{
    char seconds[21];
    clock_iso(wall_us, seconds, sizeof(seconds));
    int len = snprintf(out, size, "%.19s.%03dZ", seconds, (int)(wall_us / 1000 % 1000));
    if (seconds[0] == '?' || wall_us < 0 || len < 0 || (size_t)len >= size)
        snprintf(out, size, "?");
}

void clock_test_shift(int64_t ms)
{
    atomic_fetch_add(&shift_ms, ms);
}
