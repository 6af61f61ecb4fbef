/* web_client.c - HTTP requests on the loop: the life of a call.
 *
 *     start -> resolving -> transfer in libcurl's multi handle -> finished -> callback
 *
 * Whatever ends a call goes through call_finish: it takes the transfer out of libcurl's hands and
 * arms the call's only timer, until then its deadline, to deliver in the next turn.  So nothing of
 * the owner's runs from inside libcurl, and a callback may start, cancel or free what it likes.
 *
 * A resolver cannot be called off.  Its answer comes to a small lookup that knows the call as long
 * as there is one; after a cancel the lookup waits alone, even longer than the client.
 *
 * libcurl tells which sockets it wants watched and when it wants to be called; it is called from
 * watches and timers only.  Reading the CA bundle (18 ms, once a day) and TLS's arithmetic happen
 * on the loop; nothing else there takes long.  libcurl writes with MSG_NOSIGNAL, TLS's good-bye
 * included, so a call may be ended on any thread that may touch the loop. */
#include <assert.h>
#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "io/web_client.h"
#include "io/web_client_private.h"
#include "base/clock.h"
#include "base/names.h"
#include "base/xalloc.h"

static const char system_ca_file[] = "/etc/ssl/certs/ca-certificates.crt";

struct lookup {
    struct web_call *call; /* NULL: nobody waits any more */
};

struct web_call {
    struct web_call *prev, *next;
    struct web_client *client;
    struct web_url url;
    struct lookup *lookup;         /* while the resolver is asked */
    struct web_transfer *transfer; /* NULL: a URL that is none */
    bool in_multi;
    bool finished;
    enum web_outcome outcome; /* when finished */
    struct loop_timer *timer; /* the deadline; when finished, the callback */
    struct loop_timer *nudge;
    int64_t started_ms, ends_ms;
    int64_t took_ms; /* when finished */
    web_fn *fn;
    void *arg;
};

struct web_client {
    struct loop *loop;
    web_resolve_fn *resolve;
    void *resolve_arg;
    char *ca_file, *user_agent;
    struct web_policy policy;
    CURLM *multi;
    struct loop_timer *timer; /* libcurl's */
    struct web_call *calls;
};

static const char *const outcome_names[WEB_OUTCOME_COUNT] = {
    [WEB_ANSWERED] = "answered",       [WEB_BAD_URL] = "bad-url",
    [WEB_NO_ADDRESS] = "no-address",   [WEB_FORBIDDEN] = "forbidden-address",
    [WEB_UNREACHABLE] = "unreachable", [WEB_TLS] = "tls",
    [WEB_TIMEOUT] = "timeout",         [WEB_BROKEN] = "broken",
};

const char *web_outcome_name(enum web_outcome outcome)
{
    return names_of(outcome_names, COUNT_OF(outcome_names), (int)outcome);
}

/* Lets go of the resolver and of the connection. */
static void call_stop(struct web_call *call)
{
    if (call->lookup != NULL)
        call->lookup->call = NULL;
    call->lookup = NULL;
    bool in_multi = call->in_multi;
    call->in_multi = false;
    if (in_multi)
        curl_multi_remove_handle(call->client->multi, call->transfer->easy);
    loop_timer_remove(&call->nudge);
}

/* The call is in no list any more. */
static void call_free(struct web_call *call)
{
    loop_timer_remove(&call->timer);
    web_transfer_free(&call->transfer);
    web_url_free(&call->url);
    free(call);
}

static void call_drop(struct web_call *call)
{
    call_stop(call);
    DL_DELETE(call->client->calls, call);
    call_free(call);
}

/* The owner may free the client from inside fn, and has no more use for the call. */
static void on_deliver(void *arg)
{
    struct web_call *call = arg;
    call->timer = NULL;
    DL_DELETE(call->client->calls, call);
    struct web_answer answer = {
        .outcome = call->outcome, .retry_after_s = -1, .body = "", .ms = call->took_ms};
    if (call->outcome == WEB_ANSWERED) {
        answer.status = web_transfer_status(call->transfer);
        answer.retry_after_s = web_transfer_retry_after_s(call->transfer);
        answer.location = web_transfer_location(call->transfer);
        answer.body = strbuf_text(&call->transfer->body);
        answer.body_len = call->transfer->body.len;
    }
    call->fn(&answer, call->arg);
    call_free(call);
}

static void call_finish(struct web_call *call, enum web_outcome outcome)
{
    assert(!call->finished);
    call_stop(call);
    call->finished = true;
    call->outcome = outcome;
    call->took_ms = clock_mono_ms() - call->started_ms;
    loop_timer_set(&call->timer, call->client->loop, 0, on_deliver, call);
}

static void on_deadline(void *arg)
{
    struct web_call *call = arg;
    call->timer = NULL;
    call_finish(call, WEB_TIMEOUT);
}

static struct web_call *call_of(CURL *easy)
{
    struct web_call *call = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&call);
    return call;
}

/* What libcurl has finished, after every call into it. */
static void collect(struct web_client *client)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        struct web_call *call = call_of(message->easy_handle);
        call_finish(call, web_transfer_outcome(call->transfer, (int)code));
    }
}

static void on_ready(int fd, int what, void *arg)
{
    struct web_client *client = arg;
    int events =
        ((what & LOOP_READ) ? CURL_CSELECT_IN : 0) | ((what & LOOP_WRITE) ? CURL_CSELECT_OUT : 0);
    int running;
    curl_multi_socket_action(client->multi, fd, events, &running);
    collect(client);
}

static void on_timer(void *arg)
{
    struct web_client *client = arg;
    client->timer = NULL;
    int running;
    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(client);
}

/* Has libcurl look at the call now; there is no other way to name one that has no socket. */
static void on_nudge(void *arg)
{
    struct web_call *call = arg;
    call->nudge = NULL;
    curl_easy_pause(call->transfer->easy, CURLPAUSE_RECV);
    curl_easy_pause(call->transfer->easy, CURLPAUSE_CONT);
}

/* libcurl 7.88 gives up on an address that stays silent by closing its socket, and then forgets to
 * dial the next one until it is called for another reason, which may be the end of the call's time.
 */
static void nudge_later(struct web_call *call)
{
    if (call != NULL && call->in_multi && call->transfer->target_count > 1)
        loop_timer_set(&call->nudge, call->client->loop, 1, on_nudge, call);
}

/* libcurl keeps the watch of a socket for us. */
static int on_want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct web_client *client = arg;
    struct loop_watch *watch = socket_arg;
    loop_watch_remove(&watch);
    if (what == CURL_POLL_REMOVE) {
        nudge_later(call_of(easy));
    } else {
        int events =
            ((what & CURL_POLL_IN) ? LOOP_READ : 0) | ((what & CURL_POLL_OUT) ? LOOP_WRITE : 0);
        watch = events != 0 ? loop_watch_add(client->loop, fd, events, on_ready, client) : NULL;
    }
    curl_multi_assign(client->multi, fd, watch);
    return 0;
}

static int on_want_timer(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    struct web_client *client = arg;
    if (ms < 0)
        loop_timer_remove(&client->timer);
    else
        loop_timer_set(&client->timer, client->loop, ms, on_timer, client);
    return 0;
}

static void call_dial(struct web_call *call, const struct sockaddr_storage *addresses, size_t count)
{
    int64_t left_ms = call->ends_ms - clock_mono_ms();
    if (count == 0) {
        call_finish(call, WEB_NO_ADDRESS);
        return;
    }
    if (web_transfer_aim(call->transfer, &call->url, addresses, count, left_ms > 1 ? left_ms : 1) ==
        0) {
        call_finish(call, WEB_FORBIDDEN);
        return;
    }
    curl_easy_setopt(call->transfer->easy, CURLOPT_PRIVATE, call);
    call->in_multi = true;
    CURLMcode code = curl_multi_add_handle(call->client->multi, call->transfer->easy);
    assert(code == CURLM_OK);
}

static void on_resolved(const struct sockaddr_storage *addresses, size_t count, void *arg)
{
    struct lookup *lookup = arg;
    struct web_call *call = lookup->call;
    free(lookup);
    if (call == NULL)
        return;
    call->lookup = NULL;
    call_dial(call, addresses, count);
}

static void call_resolve(struct web_call *call)
{
    struct web_client *client = call->client;
    struct lookup *lookup = call->lookup = NEW(struct lookup);
    lookup->call = call;
    client->resolve(call->url.host, on_resolved, lookup, client->resolve_arg);
}

struct web_call *web_client_start(struct web_client *client, const struct web_request *request,
                                  web_fn *fn, void *arg)
{
    assert(loop_is_mine(client->loop) && request->timeout_ms >= 0 && request->connect_ms >= 0);
    struct web_call *call = NEW(struct web_call);
    call->client = client;
    call->fn = fn;
    call->arg = arg;
    call->started_ms = clock_mono_ms();
    call->ends_ms = call->started_ms + request->timeout_ms;
    DL_APPEND(client->calls, call);
    if (web_url_parse(request->url, request->allow_http, &call->url) != NULL) {
        call_finish(call, WEB_BAD_URL);
        return call;
    }
    call->timer = loop_timer_add(client->loop, request->timeout_ms, on_deadline, call);
    call->transfer = web_transfer_new(&client->policy, &call->url, request);
    if (call->url.is_literal)
        call_dial(call, &call->url.literal, 1);
    else
        call_resolve(call);
    return call;
}

void web_client_cancel(struct web_call **call)
{
    if (*call == NULL)
        return;
    assert(loop_is_mine((*call)->client->loop));
    call_drop(*call);
    *call = NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global_init = CURLE_FAILED_INIT;

static void init_libcurl(void)
{
    global_init = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* libcurl would find out at the first call only. */
static bool has_certificate(const char *path)
{
    FILE *file = fopen(path, "re");
    X509 *first = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    bool has = first != NULL;
    X509_free(first);
    ERR_clear_error(); /* or the next TLS connection of this thread would find it */
    if (file != NULL)
        fclose(file);
    return has;
}

static bool set_up_multi(struct web_client *client)
{
    client->multi = curl_multi_init();
    return client->multi != NULL &&
           curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_want_socket) == CURLM_OK &&
           curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client) == CURLM_OK &&
           curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_want_timer) == CURLM_OK &&
           curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client) == CURLM_OK;
}

struct web_client *web_client_new(const struct web_config *config, char *why, size_t why_size)
{
    const char *ca_file = config->ca_file;
    if (ca_file == NULL || ca_file[0] == '\0')
        ca_file = system_ca_file;
    if (!has_certificate(ca_file)) {
        snprintf(why, why_size, "%.200s: no CA certificate can be read from it", ca_file);
        return NULL;
    }
    pthread_once(&once, init_libcurl);
    struct web_client *client = NEW(struct web_client);
    client->loop = config->loop;
    client->resolve = config->resolve;
    client->resolve_arg = config->resolve_arg;
    client->ca_file = x_strdup(ca_file);
    client->user_agent = x_strdup(config->user_agent);
    client->policy = (struct web_policy){config->allow, client->ca_file, client->user_agent};
    if (global_init != CURLE_OK || !set_up_multi(client)) {
        snprintf(why, why_size, "libcurl: %s", curl_easy_strerror(global_init));
        web_client_free(&client);
    }
    return client;
}

void web_client_free(struct web_client **client)
{
    struct web_client *c = *client;
    if (c == NULL)
        return;
    assert(loop_is_mine(c->loop));
    while (c->calls != NULL)
        call_drop(c->calls);
    curl_multi_cleanup(c->multi);
    loop_timer_remove(&c->timer);
    free(c->ca_file);
    free(c->user_agent);
    free(c);
    *client = NULL;
}
