/* async_post.c - the second step of an asynchronous check: its credit is settled, its result posted
 * to the webhook, and the row erased.
 *
 * Only between the receiver's answer and the row lies a moment in which a crash means that the
 * webhook comes twice (with the same request id).  A webhook that nobody takes is given up after
 * four attempts; the check was made, and its charge stays.
 *
 * The attempts follow the reference: 1, 5 and 25 s between them, and no more after a 4xx other than
 * 408 and 429. */
#include <utlist.h>

#include "app/async_worker_private.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/xalloc.h"

enum { ANSWER_MAX = 4096 };

/* ---- on the loop ---- */

static void on_answer(const struct web_answer *answer, void *arg)
{
    struct async_job *job = arg;
    job->call = NULL;
    job->try.outcome = answer->outcome;
    job->try.status = answer->status;
    job->try.retry_after_s = answer->retry_after_s;
    crash_point("async:answered");
    async_land(job);
}

static void make_client(struct async_worker *worker)
{
    const struct webhook_poster poster = {.loop = worker->loop,
                                          .resolve = web_names_resolve,
                                          .resolve_arg = worker->names,
                                          .settings = &webhook_settings,
                                          .allow = worker->allow,
                                          .user_agent = "VerifyMail-Webhook/1.0"};
    worker->client = webhook_client_new(&poster);
}

static void on_post(void *arg)
{
    struct async_job *job = arg;
    struct async_worker *worker = job->worker;
    DL_APPEND(worker->under_way, job);
    if (!worker->ended && worker->client == NULL)
        make_client(worker);
    if (worker->ended || worker->client == NULL) {
        job->untried = true;
        async_land(job);
        return;
    }
    const struct web_request request = {.method = "POST",
                                        .url = job->note.url.text,
                                        .headers = job->headers,
                                        .body = job->note.body.text,
                                        .body_len = job->note.body.len,
                                        .timeout_ms = webhook_settings.timeout_ms,
                                        .answer_max = ANSWER_MAX};
    job->call = web_client_start(worker->client, &request, on_answer, job);
}

/* ---- its end ---- */

static bool is_final(int status)
{
    return status >= 400 && status < 500 && status != 408 && status != 429;
}

void async_post_over(struct async_job *job, bool stopping)
{
    static const int pauses_s[] = {1, 5, 25};
    static const struct webhook_rules rules = {pauses_s, COUNT_OF(pauses_s), is_final, false};
    struct web_target target;
    int64_t delay_ms;
    job->worker->posting--;
    crash_point("async:delivered");
    if (job->untried) {
        async_put_off(job, stopping ? 0 : ASYNC_UNTRIED_MS, false);
        return;
    }
    job->try.number = job->tries;
    enum webhook_end end = webhook_end_of(&rules, &job->try, &delay_ms);
    if (end == WEBHOOK_LATER)
        async_put_off(job, delay_ms, true);
    else if (async_end_row(job, end == WEBHOOK_DELIVERED ? ASYNC_DELIVERED : ASYNC_GIVEN_UP) &&
             end == WEBHOOK_GIVEN_UP)
        log_warn("%s: the webhook of %s to %s is given up after %d attempts: %d %s", async_what,
                 job->note.request_id.text,
                 web_url_join(job->note.url.text, "", &target) ? target.host : "nowhere",
                 job->tries, job->try.status,
                 job->try.outcome == WEB_ANSWERED ? "" : web_outcome_name(job->try.outcome));
}

/* ---- its beginning ---- */

static void make_headers(struct async_job *job)
{
    char signature[WEBHOOK_SIGNATURE_SIZE];
    const struct async_note *note = &job->note;
    job->headers[0] = "Content-Type: application/json";
    job->headers[1] =
        arena_printf(job->arena, "X-VerifyMail-Request-Id: %s", note->request_id.text);
    job->headers[2] = "X-VerifyMail-Event: check.completed";
    if (note->secret.len == 0)
        return;
    webhook_signature(note->secret.text, note->secret.len, note->body.text, note->body.len,
                      signature);
    job->headers[3] = arena_printf(job->arena, "X-VerifyMail-Signature: %s", signature);
}

/* Paid first.  A hold that is gone was settled by an earlier try, or the check is older than it may
 * be. */
void async_post_begin(struct async_job *job)
{
    struct async_worker *worker = job->worker;
    worker->posting++;
    enum teller_result paid = TELLER_OK;
    if (async_costs(job))
        paid = teller_settle(app_teller(worker->app), &job->hold, &job->note.result, NULL);
    crash_point("async:paid");
    job->untried = (paid != TELLER_OK && paid != TELLER_GONE) || !async_get_ready(worker);
    if (job->untried) {
        async_hand_over(job);
        return;
    }
    make_headers(job);
    loop_post(worker->loop, on_post, job);
}
