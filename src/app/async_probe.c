/* async_probe.c - the first step of an asynchronous check: a pending row is asked about, and its
 * result takes the place of what was to be asked.
 *
 * A probe that failed for our own reasons (no server outside can be asked, DNS is silent) is tried
 * again; if it is never better, the check is given up and its credit given back; DNS that stays
 * silent is a result, as in lists. */
#include <string.h>

#include <utlist.h>

#include "app/app_private.h"
#include "app/async_worker_private.h"
#include "app/seal_key.h"
#include "app/verifymail_private.h"
#include "base/clock.h"
#include "base/crash.h"

enum { PROBES_MAX = 3, PAUSE_MS = 20 * 1000 };

/* ---- on the loop ---- */

static void on_probed(struct risk_flight *flight)
{
    struct async_job *job = flight->arg;
    job->probe = NULL;
    async_land(job);
}

static void on_probe(void *arg)
{
    struct async_job *job = arg;
    DL_APPEND(job->worker->under_way, job);
    if (job->worker->ended) {
        job->untried = true;
        async_land(job);
    } else {
        job->probe = risk_fly(job->worker->prober, &job->flight);
    }
}

/* ---- its result ---- */

static void render(struct async_job *job, struct strbuf *body)
{
    const struct verifymail_meta meta = {.request_id = job->note.request_id.text,
                                         .checked_us = clock_wall_us(),
                                         .latency_ms = job->item.ms,
                                         .cache_age_s = -1};
    const struct verifymail_row row = {&job->item.c, &job->item.opinion, &meta};
    verifymail_render_completed(body, &row);
}

/* The result takes the place of what was to be asked. */
static void write_result(struct async_job *job)
{
    struct async_worker *worker = job->worker;
    struct strbuf body = {0}, sealed = {0};
    uint8_t key[CRYPTO_KEY_LEN];
    bool mine = false;
    render(job, &body);
    job->note.email = (struct async_text){"", 0};
    job->note.body = (struct async_text){body.data, body.len};
    job->note.result = verifymail_result_of(&job->item);
    enum db_status status = seal_key(worker->db, key);
    if (status == DB_OK) {
        async_note_seal(key, job->lease.id, &job->note, &sealed);
        status = store_async_probed(worker->db, &job->lease, sealed.data, sealed.len, &mine);
    }
    explicit_bzero(key, sizeof(key));
    if (status == DB_REFUSED)
        async_give_up(job, "its result is too long to be stored");
    else
        async_lost(job, status, mine);
    crash_point("async:probed");
    if (mine)
        risk_remember(worker->app, job->hold.purse_id, &job->item, 1, true);
    strbuf_free(&body);
    strbuf_free(&sealed);
}

void async_probe_over(struct async_job *job, bool stopping)
{
    job->worker->probing--;
    if (job->untried) {
        async_put_off(job, stopping ? 0 : ASYNC_UNTRIED_MS, false);
        return;
    }
    crash_point("async:found");
    risk_judge(&job->terms, &job->item);
    bool ours = job->item.outage || job->item.dns_timeout;
    if (ours && job->tries < PROBES_MAX)
        async_put_off(job, PAUSE_MS, true);
    else if (job->item.outage)
        async_give_up(job, "no mail server outside can be asked; run `vrfy doctor`");
    else
        write_result(job);
}

/* ---- its beginning ---- */

void async_probe_begin(struct async_job *job)
{
    struct async_worker *worker = job->worker;
    uint64_t purse_id = job->hold.purse_id;
    worker->probing++;
    job->terms =
        (struct risk_terms){.profile = (enum verifymail_profile)job->note.profile, .deep = true};
    job->item = (struct risk_item){.text = job->note.email.text, .len = job->note.email.len};
    job->flight = (struct risk_flight){&job->terms, &job->item, on_probed, job, 0};
    bool ready = async_get_ready(worker) &&
                 risk_account_terms(worker->app, purse_id, &job->terms) &&
                 risk_prepare(worker->app, purse_id, &job->terms, &job->item, 1);
    /* What was said when it was asked for counts: the profile, and the lists, as it was paid for.
     */
    job->terms.profile = (enum verifymail_profile)job->note.profile;
    job->item.listed = (enum verifymail_listed)job->note.listed;
    job->untried = !ready;
    if (ready && risk_is_open(&job->item)) {
        risk_warm(worker->app, &job->item, 1);
        loop_post(worker->loop, on_probe, job);
    } else {
        async_hand_over(job);
    }
}
