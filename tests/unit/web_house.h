#ifndef TESTS_WEB_HOUSE_H
#define TESTS_WEB_HOUSE_H

/* What tests of outgoing HTTP share: a resolver that answers from a table, a client over it that
 * trusts a CA made on the spot, and one scripted server (peer.h). */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "io/vet.h"
#include "io/web_client.h"
#include "authority.h"
#include "peer.h"

enum { HOUSE_ADDRESSES_MAX = 20 };

struct house {
    struct loop *loop;
    struct authority authority;
    struct vet_networks *allow;
    struct web_client *client;
    const char
        *resolved[3]; /* first, second, ... question: "127.0.0.1 10.0.0.1"; NULL: as before */
    int64_t resolve_delay_ms; /* -1: inside the question */
    size_t asked, answered;
    char asked_host[256];
    struct loop_timer *patience;
};

struct question {
    struct house *house;
    const char *addresses;
    web_resolved_fn *done;
    void *done_arg;
};

static size_t addresses_of(const char *text, struct sockaddr_storage *out)
{
    size_t count = 0;
    char one[64];
    for (; *(text += strspn(text, " ")) != '\0'; text += strlen(one), count++) {
        cr_assert_lt(count, (size_t)HOUSE_ADDRESSES_MAX);
        snprintf(one, sizeof(one), "%.*s", (int)strcspn(text, " "), text);
        out[count] = (struct sockaddr_storage){.ss_family = AF_INET};
        if (inet_pton(AF_INET, one, &((struct sockaddr_in *)&out[count])->sin_addr) == 1)
            continue;
        out[count].ss_family = AF_INET6;
        struct in6_addr *v6 = &((struct sockaddr_in6 *)&out[count])->sin6_addr;
        cr_assert_eq(inet_pton(AF_INET6, one, v6), 1, "%s", one);
    }
    return count;
}

static void on_question(void *arg)
{
    struct question *question = arg;
    struct sockaddr_storage addresses[HOUSE_ADDRESSES_MAX];
    size_t count = addresses_of(question->addresses, addresses);
    question->house->answered++;
    question->done(addresses, count, question->done_arg);
    free(question);
}

static void house_resolve(const char *host, web_resolved_fn *done, void *done_arg, void *arg)
{
    struct house *house = arg;
    size_t turn = house->asked++;
    snprintf(house->asked_host, sizeof(house->asked_host), "%s", host);
    while (turn > 0 && (turn >= COUNT_OF(house->resolved) || house->resolved[turn] == NULL))
        turn--;
    struct question *question = NEW(struct question);
    *question = (struct question){house, house->resolved[turn], done, done_arg};
    if (house->resolve_delay_ms < 0)
        on_question(question);
    else
        loop_timer_add(house->loop, house->resolve_delay_ms, on_question, question);
}

static void on_impatient(void *arg)
{
    struct house *house = arg;
    house->patience = NULL;
    cr_expect_fail("stuck");
    loop_break(house->loop);
}

static void house_open(struct house *house, const char *allow)
{
    char why[200] = "";
    house->loop = loop_new();
    authority_make(&house->authority, "Test CA");
    house->allow = vet_networks_new(allow, why, sizeof(why));
    cr_assert_not_null(house->allow, "%s", why);
    house->resolved[0] = "127.0.0.1";
    struct web_config config = {.loop = house->loop, .resolve = house_resolve};
    config.resolve_arg = house;
    config.allow = house->allow;
    config.ca_file = house->authority.file;
    config.user_agent = "vrfy-test/1";
    house->client = web_client_new(&config, why, sizeof(why));
    cr_assert_not_null(house->client, "%s", why);
}

static void house_run(struct house *house)
{
    house->patience =
        loop_timer_add(house->loop, PEER_PATIENCE_S * 1000 + 2000, on_impatient, house);
    loop_run(house->loop);
    loop_timer_remove(&house->patience);
}

static void house_close(struct house *house)
{
    web_client_free(&house->client);
    vet_networks_free(&house->allow);
    authority_free(&house->authority);
    loop_free(&house->loop);
}

static SSL_CTX *house_context(const struct house *house)
{
    return authority_context(&house->authority, "DNS:hook.example.org,IP:127.0.0.1", 3600);
}

#define HEAR_IT START_TLS, HEAR(BODY)
#define STAY               \
    {                      \
        PEER_DONE, NULL, 0 \
    }

#define BODY "{\"id\":7}"
#define HOST "hook.example.org"

/* A call and what became of it. */
struct play {
    struct house house;
    struct peer peer;
    struct web_call *call;
    bool peer_done, over;
    size_t callbacks;
    enum web_outcome outcome;
    int status;
    int64_t retry_after_s, ms;
    struct strbuf body;
    char location[2100]; /* "none": there was none */
};

static void play_break(struct play *play)
{
    if (play->over && play->peer_done)
        loop_break(play->house.loop);
}

static void on_peer_done(void *arg)
{
    struct play *play = arg;
    play->peer_done = true;
    play_break(play);
}

static void on_answer(const struct web_answer *answer, void *arg)
{
    struct play *play = arg;
    play->call = NULL;
    play->callbacks++;
    play->outcome = answer->outcome;
    play->status = answer->status;
    play->retry_after_s = answer->retry_after_s;
    play->ms = answer->ms;
    strbuf_add(&play->body, answer->body, answer->body_len);
    snprintf(play->location, sizeof(play->location), "%s",
             answer->location != NULL ? answer->location : "none");
    play->over = true;
    play_break(play);
}

static void play_peer(struct play *play, const struct peer_step *steps, SSL_CTX *context,
                      loop_fn *cue)
{
    struct peer cast = {.steps = steps, .connections = 1, .loop = play->house.loop, .arg = play};
    cast.context = context != NULL ? context : house_context(&play->house);
    cast.done = on_peer_done;
    cast.cue = cue;
    peer_start_as(&play->peer, &cast);
}

static unsigned play_port(const struct play *play)
{
    return ntohs(play->peer.address.sin_port);
}

static const struct web_request a_request = {.method = "POST",
                                             .body = BODY,
                                             .body_len = sizeof(BODY) - 1,
                                             .timeout_ms = 4000,
                                             .answer_max = 4096};

/* `url` has a %u for the peer's port. */
static void play_start(struct play *play, const struct web_request *request, const char *host)
{
    char url[300];
    struct web_request own = *request;
    snprintf(url, sizeof(url), "https://%s:%u/in?x=1#f", host, play_port(play));
    own.url = url;
    play->call = web_client_start(play->house.client, &own, on_answer, play);
    memset(url, '!', sizeof(url)); /* it may go now */
    cr_expect_eq(play->callbacks, 0u, "from inside start");
}

static void play_end(struct play *play)
{
    peer_stop_listening(&play->peer);
    peer_free(&play->peer);
    strbuf_free(&play->body);
    house_close(&play->house);
}

#endif
