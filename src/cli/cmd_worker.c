/* cmd_worker.c - `vrfy worker`: works lists off, and checks that are answered later, as a service
 * or in slices from cron.
 *
 * A service runs until SIGTERM, tells systemd that it is ready and, with a watchdog, that both of
 * its threads are alive.  --once ends when there is nothing to do now; what was put off (greylisted
 * addresses) waits for the next one.  --max-seconds ends it in any case.  Ending takes 2 s at most:
 * what is settled is settled, the rest goes back into the queue. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <time.h>

#include "app/async_worker.h"
#include "app/bulk_worker.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/service.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_db.h"

enum { LOOK_MS = 100, STATUS_MS = 5000, SECONDS_MAX = 365 * 24 * 3600 };

struct options {
    bool once;
    int64_t max_ms; /* 0: no end */
};

struct watch {
    int64_t began_ms, told_ms, watchdog_ms;
};

static bool read_options(struct cli *cli, struct options *options)
{
    const char *seconds = cli_option(cli, "--max-seconds");
    int64_t number = 0;
    options->once = cli_flag(cli, "--once");
    if (!cli_no_more_options(cli))
        return false;
    bool fine = cli->argc == 0 && (seconds == NULL || cli_number(seconds, 1, SECONDS_MAX, &number));
    if (!fine)
        cli_fail(EX_USAGE, "usage: vrfy worker [--once] [--max-seconds N]");
    options->max_ms = number * 1000;
    return fine;
}

/* Blocked before any thread starts, so that they come to us only. */
static void block_signals(sigset_t *set)
{
    static const int wanted[] = {SIGTERM, SIGINT, SIGHUP};
    sigemptyset(set);
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        sigaddset(set, wanted[i]);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* The number of a signal that ends us; 0: none for a moment. */
static int next_signal(const sigset_t *set)
{
    const struct timespec wait = {.tv_nsec = LOOK_MS * 1000000};
    int signo = sigtimedwait(set, NULL, &wait);
    if (signo == SIGHUP)
        log_reopen();
    return signo > 0 && signo != SIGHUP ? signo : 0;
}

/* Threads that have not been heard of for as long as the watchdog waits are not alive. */
static void tell_manager(struct watch *watch, const struct worker_state *state)
{
    int64_t now_ms = clock_mono_ms();
    int64_t every_ms = watch->watchdog_ms > 0 ? watch->watchdog_ms / 3 : STATUS_MS;
    if (now_ms - watch->told_ms < every_ms)
        return;
    char text[200];
    bool alive = now_ms - state->beat_ms < watch->watchdog_ms; /* 0: nobody asks */
    snprintf(text, sizeof(text), "STATUS=%" PRIu64 " addresses settled, %zu in hand%s",
             state->settled, state->held, alive ? "\nWATCHDOG=1" : "");
    service_notify(text);
    watch->told_ms = now_ms;
}

static void work(struct bulk_worker *worker, struct async_worker *async,
                 const struct options *options, const sigset_t *signals)
{
    struct watch watch = {.began_ms = clock_mono_ms(), .watchdog_ms = service_watchdog_ms()};
    service_notify("READY=1");
    while (next_signal(signals) == 0) {
        struct worker_state state = bulk_worker_state(worker);
        tell_manager(&watch, &state);
        if (options->once && bulk_worker_idle(worker) && async_worker_idle(async))
            return;
        if (options->max_ms > 0 && clock_mono_ms() - watch.began_ms >= options->max_ms)
            return;
    }
}

int cli_worker(struct cli *cli)
{
    struct options options;
    sigset_t signals;
    if (!read_options(cli, &options))
        return EX_USAGE;
    block_signals(&signals);
    log_open(&log_settings, "worker"); /* a service, unlike the other commands: where [log] says */
    log_start();
    struct app *app = app_new();
    struct bulk_worker *worker = bulk_worker_new(app);
    struct async_worker *async = worker != NULL ? async_worker_new(app) : NULL;
    if (async == NULL) {
        bulk_worker_free(&worker);
        app_free(&app);
        return cli_fail(EX_UNAVAILABLE, "the worker cannot start; run `vrfy doctor`");
    }
    work(worker, async, &options, &signals);
    service_notify("STOPPING=1");
    async_worker_stop(async);
    struct worker_state state = bulk_worker_end(&worker);
    async_worker_free(&async);
    app_free(&app);
    printf("%" PRIu64 " addresses settled, %" PRIu64 " put off, %" PRIu64 " lists completed\n",
           state.settled, state.put_off, state.closed);
    return EX_OK;
}
