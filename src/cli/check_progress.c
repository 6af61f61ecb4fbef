/* check_progress.c - how far a list has come: a line that replaces itself, a line at the end. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/check_progress.h"

/* In the order of interest. */
static const enum verdict_status shown[] = {VERDICT_DELIVERABLE, VERDICT_UNDELIVERABLE,
                                            VERDICT_RISKY, VERDICT_UNKNOWN};

uint64_t check_progress_answered(const struct check_progress *progress)
{
    uint64_t sum = 0;
    for (int i = 0; i < VERDICT_STATUS_COUNT; i++)
        sum += progress->answered[i];
    return sum;
}

static double seconds_since(const struct check_progress *progress)
{
    int64_t ms = clock_mono_ms() - progress->started_ms;
    return (double)(ms > 0 ? ms : 1) / 1000;
}

/* 0: it has no width. */
static size_t terminal_width(void)
{
    struct winsize size = {.ws_col = 0};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void check_progress_line(const struct check_progress *progress, size_t in_flight,
                         struct strbuf *out)
{
    uint64_t done = check_progress_answered(progress);
    strbuf_printf(out, "%llu/%llu  %.0f/s  %zu in flight", (unsigned long long)done,
                  (unsigned long long)progress->taken, (double)done / seconds_since(progress),
                  in_flight);
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        strbuf_printf(out, "  %s %llu", verdict_status_name(shown[i]),
                      (unsigned long long)progress->answered[shown[i]]);
    size_t width = terminal_width();
    if (width > 1 && out->len >= width) {
        out->len = width - 1;
        out->data[out->len] = '\0';
    }
}

void check_progress_summary(const struct check_progress *progress, struct strbuf *out)
{
    uint64_t done = check_progress_answered(progress);
    double seconds = seconds_since(progress);
    strbuf_printf(out, "%llu answered in %.1f s (%.0f/s)", (unsigned long long)done, seconds,
                  (double)done / seconds);
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        strbuf_printf(out, "%s %llu %s", i == 0 ? ":" : ",",
                      (unsigned long long)progress->answered[shown[i]],
                      verdict_status_name(shown[i]));
    strbuf_addc(out, '\n');
}
