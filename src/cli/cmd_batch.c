/* cmd_batch.c - `vrfy batch`: lists of addresses and of leads, and how far they are.
 *
 * `watch` draws a line that replaces itself on a terminal, and one line a change elsewhere; it ends
 * with the list.  Speed and time left are of the last seconds, not of the whole run, because a list
 * ends with what is slow. */
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "app/bulk_worker.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cli/cli_db.h"
#include "store/store_job.h"

enum { BAR_WIDTH = 24, WATCH_MS = 500, SPEED_SAMPLES = 10 };

static const char *const states[JOB_STATE_COUNT] = {
    [JOB_LOADING] = "loading",     [JOB_READY] = "uploaded",      [JOB_RUNNING] = "running",
    [JOB_COMPLETED] = "completed", [JOB_CANCELLED] = "cancelled", [JOB_FAILED] = "failed",
    [JOB_DELETED] = "deleted",
};

static const struct dialect_ops *ops_of(const struct job *job)
{
    return dialect_ops_find(app_dialects, job->dialect);
}

static int percent_of(const struct job *job)
{
    int64_t processed = job_processed(job);
    return job->uniques == 0 ? 100 : (int)(processed * 100 / job->uniques);
}

/* ---- as JSON ---- */

static struct json_object *job_json(const struct job *job)
{
    char id[STORE_ID_TEXT];
    const struct dialect_ops *ops = ops_of(job);
    struct json_object *o = json_object_new_object(), *counts = json_object_new_object();
    store_id_text(job->id, id);
    json_object_object_add(o, "batch_id", json_object_new_string(id));
    json_object_object_add(o, "dialect", json_object_new_string(job->dialect));
    json_object_object_add(o, "state", json_object_new_string(states[job->state]));
    json_object_object_add(o, "rows", json_object_new_int64(job->rows));
    json_object_object_add(o, "addresses", json_object_new_int64(job->addresses));
    json_object_object_add(o, "total", json_object_new_int64(job->uniques));
    json_object_object_add(o, "processed", json_object_new_int64(job_processed(job)));
    json_object_object_add(o, "percent", json_object_new_int(percent_of(job)));
    json_object_object_add(o, "waiting", json_object_new_int64(job->waiting));
    for (size_t i = 0; ops != NULL && i < ops->status_count; i++)
        json_object_object_add(counts, ops->statuses[i], json_object_new_int64(job->counts[i]));
    json_object_object_add(o, "counts", counts);
    json_object_object_add(o, "created", json_object_new_string(job->created));
    json_object_object_add(o, "started",
                           job->started[0] ? json_object_new_string(job->started) : NULL);
    json_object_object_add(o, "finished",
                           job->finished[0] ? json_object_new_string(job->finished) : NULL);
    return o;
}

/* ---- as text ---- */

static void add_bar(struct strbuf *out, const struct job *job)
{
    int filled = percent_of(job) * BAR_WIDTH / 100;
    strbuf_addc(out, '[');
    for (int i = 0; i < BAR_WIDTH; i++)
        strbuf_addc(out, i < filled ? '#' : '-');
    strbuf_printf(out, "] %3d %%", percent_of(job));
}

static void add_counts(struct strbuf *out, const struct job *job)
{
    const struct dialect_ops *ops = ops_of(job);
    for (size_t i = 0; ops != NULL && i < ops->status_count; i++)
        if (job->counts[i] > 0)
            strbuf_printf(out, "  %s %" PRId64, ops->statuses[i], job->counts[i]);
    if (job->waiting > 0)
        strbuf_printf(out, "  (%" PRId64 " wait to be asked again)", job->waiting);
}

struct listing {
    struct json_object *json; /* NULL: text */
    int count;
};

static bool job_listed(const struct job *job, void *arg)
{
    struct listing *listing = arg;
    char id[STORE_ID_TEXT];
    if (listing->json != NULL) {
        json_object_array_add(listing->json, job_json(job));
        return true;
    }
    if (listing->count++ == 0)
        printf("%-36s  %-10s %-21s %10s %10s  %s\n", "BATCH", "STATE", "CREATED", "TOTAL",
               "PROCESSED", "FILE");
    store_id_text(job->id, id);
    printf("%-36s  %-10s %-21s %10" PRId64 " %10" PRId64 "  %s\n", id, states[job->state],
           job->created, job->uniques, job_processed(job), job->filename);
    return true;
}

static int purse_of(struct cli_db_call *call, uint64_t *purse_id)
{
    struct purse_row purse;
    bool found = false;
    *purse_id = 0;
    if (call->cli->argc == 0)
        return 0;
    enum db_status status =
        store_purse_find(call->db, call->cli->argv[0], call->dialect, &purse, &found);
    if (status != DB_OK)
        return cli_status(call->db, status);
    *purse_id = purse.purse_id;
    return found ? 0 : cli_result(ACCOUNT_NOT_FOUND);
}

static int list(struct cli_db_call *call)
{
    uint64_t purse_id = 0;
    int code = purse_of(call, &purse_id);
    if (code != 0)
        return code;
    struct listing listing = {.json = call->cli->json ? json_object_new_array() : NULL};
    code = cli_status(call->db,
                      store_job_list(call->db, purse_id, 0, call->limit, job_listed, &listing));
    if (code == 0 && listing.json != NULL)
        cli_print_json(listing.json);
    else
        json_object_put(listing.json);
    return code;
}

static int find(struct cli_db_call *call, struct job *job)
{
    const char *text = call->cli->argv[0];
    uint8_t id[STORE_ID_LEN];
    bool found = false;
    if (!store_id_parse(text, strlen(text), id))
        return cli_fail(EX_USAGE, "%s is no batch id; `vrfy batch list` shows them", text);
    enum db_status status = store_job_find(call->db, 0, id, job, &found);
    if (status == DB_OK && found)
        status = store_job_waiting(call->db, job);
    if (status != DB_OK)
        return cli_status(call->db, status);
    return found ? 0 : cli_fail(EX_DATAERR, "there is no batch %s", text);
}

/* What came: a file, an array of addresses, or one of leads. */
static void add_source(struct strbuf *out, const struct job *job)
{
    const struct dialect_ops *ops = ops_of(job);
    strbuf_printf(out, "file       %s", job->filename[0] ? job->filename : "-");
    if (job->encoding[0] != '\0')
        strbuf_printf(out, " (%s%s%s)", job->encoding, job->column_name[0] ? ", column " : "",
                      job->column_name);
    if (ops != NULL && ops->kind == LIST_OF_LEADS)
        strbuf_printf(out, "\nrows       %" PRId64 " leads\n", job->rows);
    else
        strbuf_printf(
            out, "\nrows       %" PRId64 ", %" PRId64 " with an address, %" PRId64 " different\n",
            job->rows, job->addresses, job->uniques);
}

static void print_job(const struct job *job)
{
    struct strbuf text = {0};
    char id[STORE_ID_TEXT];
    store_id_text(job->id, id);
    strbuf_printf(&text, "batch      %s\nstate      %s\n", id, states[job->state]);
    add_source(&text, job);
    strbuf_printf(&text, "created    %s\nstarted    %s\nfinished   %s\nprogress   ", job->created,
                  job->started[0] ? job->started : "-", job->finished[0] ? job->finished : "-");
    add_bar(&text, job);
    strbuf_printf(&text, "  %" PRId64 " of %" PRId64 "\nresults  ", job_processed(job),
                  job->uniques);
    add_counts(&text, job);
    puts(text.data);
    strbuf_free(&text);
}

static int show(struct cli_db_call *call)
{
    struct job job;
    int code = find(call, &job);
    if (code != 0)
        return code;
    if (call->cli->json)
        cli_print_json(job_json(&job));
    else
        print_job(&job);
    return 0;
}

/* ---- watch ---- */

/* How many were processed when, for the last seconds. */
struct speed {
    int64_t at_ms[SPEED_SAMPLES], processed[SPEED_SAMPLES];
    size_t count;
};

static double speed_of(struct speed *speed, int64_t processed)
{
    size_t oldest = speed->count < SPEED_SAMPLES ? 0 : speed->count % SPEED_SAMPLES;
    int64_t now_ms = clock_mono_ms();
    double rate = 0;
    if (speed->count > 0 && now_ms > speed->at_ms[oldest])
        rate = (double)(processed - speed->processed[oldest]) * 1000 /
               (double)(now_ms - speed->at_ms[oldest]);
    size_t at = speed->count++ % SPEED_SAMPLES;
    speed->at_ms[at] = now_ms;
    speed->processed[at] = processed;
    return rate;
}

static void watch_line(struct strbuf *out, const struct job *job, double rate)
{
    int64_t left = job->uniques - job_processed(job);
    strbuf_clear(out);
    strbuf_printf(out, "%-9s ", states[job->state]);
    add_bar(out, job);
    strbuf_printf(out, "  %" PRId64 "/%" PRId64, job_processed(job), job->uniques);
    if (job->state == JOB_RUNNING && rate > 0)
        strbuf_printf(out, "  %.0f/s  %.0f s left", rate, (double)left / rate);
    add_counts(out, job);
}

static void watch_print(const struct strbuf *line, bool terminal, bool last)
{
    if (terminal)
        printf("\r%s\033[K%s", line->data, last ? "\n" : "");
    else
        puts(line->data);
    fflush(stdout);
}

static bool has_ended(const struct job *job)
{
    return job->state != JOB_READY && job->state != JOB_RUNNING;
}

static int watch(struct cli_db_call *call)
{
    struct job job;
    struct speed speed = {.count = 0};
    struct strbuf line = {0};
    bool terminal = isatty(STDOUT_FILENO) != 0, last = false;
    int64_t shown = -1;
    int code;
    while ((code = find(call, &job)) == 0) {
        last = has_ended(&job);
        if (call->cli->json && (last || job_processed(&job) != shown))
            cli_print_json(job_json(&job));
        watch_line(&line, &job, speed_of(&speed, job_processed(&job)));
        if (!call->cli->json && (terminal || last || job_processed(&job) != shown))
            watch_print(&line, terminal, last);
        shown = job_processed(&job);
        fflush(stdout);
        if (last)
            break;
        poll(NULL, 0, WATCH_MS);
    }
    strbuf_free(&line);
    return code;
}

static const struct cli_db_verb verbs[] = {
    {"list", "[NAME] [--dialect cascade] [--limit 50]", 0, 1, CLI_DB_DIALECT | CLI_DB_LIMIT, list,
     false},
    {"show", "BATCH", 1, 1, 0, show, false},
    {"watch", "BATCH", 1, 1, 0, watch, false},
};

int cli_batch(struct cli *cli)
{
    return cli_db_run(cli, "batch", verbs, COUNT_OF(verbs));
}
