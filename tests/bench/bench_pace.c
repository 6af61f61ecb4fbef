/* bench_pace.c - microseconds for the start and end of one session's permit.
 *
 *   bench_pace FILE [HELD [ROUNDS]]
 *
 * HELD sessions, each with an operator of its own, are held by another `struct pace` meanwhile: by
 * another process, as far as the file is concerned.  Prints min / median / max of ROUNDS. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "io/pace.h"

enum { ROUNDS_MAX = 64, PERMITS = 200000, OPERATORS = 100 };

static const struct pace_limits limits = {.sessions = 20, .starts_per_second = 1000000};

static struct pace_permit *start(struct pace *pace, const char *kind, int n)
{
    char name[32];
    struct pace_permit *permit;
    snprintf(name, sizeof(name), "%s-%d.example", kind, n);
    struct pace_decision decision = pace_start(pace, name, "", &limits, &permit);
    if (decision.answer != PACE_GO) {
        fprintf(stderr, "bench_pace: %s: %s\n", name, decision.why);
        exit(1);
    }
    return permit;
}

static double round_us(struct pace *pace)
{
    int64_t before_us = clock_mono_us();
    for (int i = 0; i < PERMITS; i++) {
        struct pace_permit *permit = start(pace, "asked", i % OPERATORS);
        pace_report(permit, PACE_SERVED, 0);
        pace_end(&permit);
    }
    return (double)(clock_mono_us() - before_us) / PERMITS;
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct pace *open_file(void)
{
    char why[512];
    struct pace *pace = pace_open(&pace_settings, "", why, sizeof(why));
    if (pace == NULL) {
        fprintf(stderr, "bench_pace: %s\n", why);
        exit(1);
    }
    return pace;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_pace FILE [HELD [ROUNDS]]\n");
        return 64;
    }
    int held = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1;
    int rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 5;
    if (held < 0 || rounds < 1 || rounds > ROUNDS_MAX)
        return 64;
    double results[ROUNDS_MAX];
    settings_defaults(&pace_settings_table);
    pace_settings.file = argv[1];
    struct pace *others = open_file(), *pace = open_file();
    struct pace_permit **permits = x_calloc((size_t)held + 1, sizeof(struct pace_permit *));
    for (int i = 0; i < held; i++)
        permits[i] = start(others, "held", i);
    for (int i = 0; i < rounds; i++)
        results[i] = round_us(pace);
    qsort(results, (size_t)rounds, sizeof(results[0]), compare_double);
    printf("permit, %d held by others: %.2f / %.2f / %.2f us\n", held, results[0],
           results[rounds / 2], results[rounds - 1]);
    for (int i = 0; i < held; i++)
        pace_end(&permits[i]);
    free(permits);
    pace_close(&pace);
    pace_close(&others);
    return 0;
}
