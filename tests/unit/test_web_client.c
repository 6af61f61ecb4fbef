/* HTTPS requests against scripted servers: what the server hears, that nothing but vetted addresses
 * is ever dialled, and that calls may be ended at any time. */
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#include "io/web_client_private.h"
#include "base/clock.h"
#include "web_house.h"

/* ---- what the server hears ---- */

static const char *const two_headers[] = {"Content-Type: application/json",
                                          "X-Empty: ", "webhook-id: msg_1; \"a\"", NULL};

static const struct {
    const char *label, *method, *body;
    const char *const *headers;
    const char *last;         /* what the request ends in */
    const char *first, *rest; /* what is in between is the same for all */
} heard_rows[] = {
    {"POST with headers", "POST", BODY, two_headers, BODY, "POST /in?x=1 HTTP/1.1\r\n",
     "Content-Type: application/json\r\nX-Empty:\r\nwebhook-id: msg_1; \"a\"\r\n"
     "Content-Length: 8\r\n\r\n" BODY},
    {"POST without a type", "POST", BODY, NULL, BODY, "POST /in?x=1 HTTP/1.1\r\n",
     "Content-Length: 8\r\n\r\n" BODY},
    {"POST of nothing", "POST", "", NULL, "\r\n\r\n", "POST /in?x=1 HTTP/1.1\r\n",
     "Content-Length: 0\r\n\r\n"},
    {"GET", "GET", "", NULL, "\r\n\r\n", "GET /in?x=1 HTTP/1.1\r\n", "\r\n"},
    {"PUT", "PUT", "x", NULL, "x", "PUT /in?x=1 HTTP/1.1\r\n", "Content-Length: 1\r\n\r\nx"},
    {"DELETE", "DELETE", "", NULL, "\r\n\r\n", "DELETE /in?x=1 HTTP/1.1\r\n", "\r\n"},
    {"HEAD", "HEAD", "", NULL, "\r\n\r\n", "HEAD /in?x=1 HTTP/1.1\r\n", "\r\n"},
};

Test(web_client, heard)
{
    /* Were they asked, they would lead the request astray. */
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    for (size_t i = 0; i < COUNT_OF(heard_rows); i++) {
        struct play play = {0};
        house_open(&play.house, "127.0.0.0/8");
        struct peer_step steps[] = {START_TLS,
                                    {PEER_HEAR, heard_rows[i].last, strlen(heard_rows[i].last)},
                                    SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                                    {PEER_DONE, NULL, 0}};
        play_peer(&play, steps, NULL, NULL);
        struct web_request request = a_request;
        char *body = x_strdup(heard_rows[i].body);
        request.method = heard_rows[i].method;
        request.headers = heard_rows[i].headers;
        request.body = body;
        request.body_len = strlen(body);
        play_start(&play, &request, HOST);
        memset(body, '!', strlen(body));
        free(body);
        house_run(&play.house);
        char want[600];
        snprintf(want, sizeof(want),
                 "%sHost: hook.example.org:%u\r\nUser-Agent: vrfy-test/1\r\nAccept: */*\r\n%s",
                 heard_rows[i].first, play_port(&play), heard_rows[i].rest);
        cr_expect_str_eq(strbuf_text(&play.peer.heard), want, "%s: %s", heard_rows[i].label,
                         strbuf_text(&play.peer.heard));
        cr_expect_str_empty(play.peer.failure, "%s", play.peer.failure);
        cr_expect_eq(play.outcome, WEB_ANSWERED, "%s: %s", heard_rows[i].label,
                     web_outcome_name(play.outcome));
        cr_expect_str_eq(play.house.asked_host, HOST);
        cr_expect_eq(play.house.asked, 1u);
        play_end(&play);
    }
}

/* A body over the megabyte from which libcurl waits for 100 Continue, which never comes here. */
Test(web_client, large_body)
{
    enum { SIZE = 3000000 };
    struct play play = {0};
    house_open(&play.house, "127.0.0.0/8");
    static const struct peer_step steps[] = {
        START_TLS, HEAR("*END*"), SEND("HTTP/1.1 204 OK\r\n\r\n"), {PEER_DONE, NULL, 0}};
    play_peer(&play, steps, NULL, NULL);
    char *body = x_malloc(SIZE);
    memset(body, '\n', SIZE);
    memcpy(body + 10, "\0\xff", 2);
    memcpy(body + SIZE - 5, "*END*", 5);
    struct web_request request = a_request;
    request.body = body;
    request.body_len = SIZE;
    play_start(&play, &request, HOST);
    house_run(&play.house);
    cr_expect_eq(play.status, 204);
    cr_expect_lt(play.ms, 3000);
    const struct strbuf *heard = &play.peer.heard;
    cr_assert_gt(heard->len, (size_t)SIZE);
    cr_expect_arr_eq(heard->data + heard->len - SIZE, body, SIZE);
    cr_expect_null(strstr(strbuf_text(heard), "Expect"));
    free(body);
    play_end(&play);
}

/* ---- which addresses are dialled ---- */

#define NINE_PRIVATE \
    "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9"

static const struct {
    const char *label, *host, *allow, *resolved;
    enum web_outcome want;
    size_t asked;
} address_rows[] = {
    {"nothing known", HOST, "127.0.0.0/8", "", WEB_NO_ADDRESS, 1},
    {"loopback, not allowed", HOST, "", "127.0.0.1", WEB_FORBIDDEN, 1},
    {"metadata service", HOST, "127.0.0.0/8", "169.254.169.254", WEB_FORBIDDEN, 1},
    {"private ones only", HOST, "127.0.0.0/8", NINE_PRIVATE " fd00::1 ::1", WEB_FORBIDDEN, 1},
    {"mapped loopback", HOST, "", "::ffff:127.0.0.1", WEB_FORBIDDEN, 1},
    {"NAT64 of an allowed one", HOST, "127.0.0.0/8", "64:ff9b::7f00:1", WEB_FORBIDDEN, 1},
    {"localhost is a name as any", "localhost", "", "10.0.0.1", WEB_FORBIDDEN, 1},
    {"localhost that nobody knows", "localhost", "127.0.0.0/8 ::1/128", "", WEB_NO_ADDRESS, 1},
    {"literal loopback", "127.0.0.1", "", "127.0.0.1", WEB_FORBIDDEN, 0},
    {"literal of another net", "10.0.0.1", "127.0.0.0/8", "127.0.0.1", WEB_FORBIDDEN, 0},
    {"literal v6 loopback", "[::1]", "127.0.0.0/8", "127.0.0.1", WEB_FORBIDDEN, 0},
    {"literal mapped loopback", "[::ffff:127.0.0.1]", "", "127.0.0.1", WEB_FORBIDDEN, 0},
    {"literal NAT64", "[64:ff9b::127.0.0.1]", "127.0.0.0/8", "127.0.0.1", WEB_FORBIDDEN, 0},
    {"hexadecimal", "0x7f.1", "127.0.0.0/8", "127.0.0.1", WEB_BAD_URL, 0},
    {"decimal", "2130706433", "127.0.0.0/8", "127.0.0.1", WEB_BAD_URL, 0},
    {"octal", "0177.0.0.1", "127.0.0.0/8", "127.0.0.1", WEB_BAD_URL, 0},
    {"short", "127.1", "127.0.0.0/8", "127.0.0.1", WEB_BAD_URL, 0},
    {"user name", "me@" HOST, "127.0.0.0/8", "127.0.0.1", WEB_BAD_URL, 0},
    {"nobody listens", HOST, "127.0.0.0/8", "127.0.0.9 127.0.0.8", WEB_UNREACHABLE, 1},
    {"nobody listens at a literal", "127.0.0.9", "127.0.0.0/8", "", WEB_UNREACHABLE, 0},
};

Test(web_client, addresses)
{
    for (size_t i = 0; i < COUNT_OF(address_rows); i++) {
        struct play play = {.peer_done = true};
        house_open(&play.house, address_rows[i].allow);
        play.house.resolved[0] = address_rows[i].resolved;
        peer_listen(&play.peer); /* whose port is open at 127.0.0.1 only */
        fcntl(play.peer.listener, F_SETFL, O_NONBLOCK);
        play_start(&play, &a_request, address_rows[i].host);
        house_run(&play.house);
        cr_expect_eq(play.outcome, address_rows[i].want, "%s: %s", address_rows[i].label,
                     web_outcome_name(play.outcome));
        cr_expect_eq(play.status, 0);
        cr_expect_eq(play.house.asked, address_rows[i].asked, "%s", address_rows[i].label);
        cr_expect_lt(accept(play.peer.listener, NULL, NULL), 0, "%s: was dialled",
                     address_rows[i].label);
        close(play.peer.listener);
        strbuf_free(&play.body);
        house_close(&play.house);
    }
}

static const struct peer_step plain_yes[] = {
    HEAR_IT, SEND("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"), STAY};

/* Refused ones first and last, with open ports; the good one is found. */
static const struct {
    const char *label, *resolved;
} mixed_rows[] = {
    {"refused first", "127.0.0.2 127.0.0.1"},
    {"refused last", "127.0.0.1 127.0.0.2"},
    {"refused all around", NINE_PRIVATE " " NINE_PRIVATE " 127.0.0.2 127.0.0.1"},
    {"the first does not listen", "127.0.1.1 127.0.0.1"},
    {"other families", "::1 2001:db8::1 ::ffff:127.0.0.2 127.0.0.1"},
};

Test(web_client, mixed_addresses)
{
    for (size_t i = 0; i < COUNT_OF(mixed_rows); i++) {
        struct play play = {0};
        house_open(&play.house, "127.0.0.1/32 127.0.1.1/32");
        play.house.resolved[0] = mixed_rows[i].resolved;
        play_peer(&play, plain_yes, NULL, NULL);
        struct peer trap = {.address = play.peer.address};
        inet_pton(AF_INET, "127.0.0.2", &trap.address.sin_addr);
        peer_listen(&trap);
        fcntl(trap.listener, F_SETFL, O_NONBLOCK);
        play_start(&play, &a_request, HOST);
        house_run(&play.house);
        cr_expect_eq(play.outcome, WEB_ANSWERED, "%s: %s", mixed_rows[i].label,
                     web_outcome_name(play.outcome));
        cr_expect_str_eq(strbuf_text(&play.body), "yes");
        cr_expect_lt(accept(trap.listener, NULL, NULL), 0, "%s", mixed_rows[i].label);
        close(trap.listener);
        play_end(&play);
    }
}

/* Every call asks once, and dials what it was told: the answers differ, and neither is kept. */
Test(web_client, rebinding)
{
    struct play first = {0}, second = {.peer_done = true}, third = {.peer_done = true};
    house_open(&first.house, "127.0.0.1/32");
    first.house.resolved[1] = "10.0.0.1";
    first.house.resolved[2] = "";
    second.house = third.house = first.house;
    play_peer(&first, plain_yes, NULL, NULL);
    second.peer.address = third.peer.address = first.peer.address;
    /* Two at the same time, the third when the first has an address that works. */
    play_start(&first, &a_request, HOST);
    play_start(&second, &a_request, HOST);
    while (!first.over || !first.peer_done || !second.over)
        house_run(&first.house);
    play_start(&third, &a_request, HOST);
    house_run(&first.house);
    cr_expect_eq(first.house.asked, 3u);
    cr_expect_eq(first.outcome, WEB_ANSWERED, "%s", web_outcome_name(first.outcome));
    cr_expect_eq(second.outcome, WEB_FORBIDDEN, "%s", web_outcome_name(second.outcome));
    cr_expect_eq(third.outcome, WEB_NO_ADDRESS, "%s", web_outcome_name(third.outcome));
    strbuf_free(&second.body);
    strbuf_free(&third.body);
    play_end(&first);
}

/* Two calls for one name at the same time, told different addresses: none takes the other's. */
Test(web_client, same_name_two_addresses)
{
    struct play first = {0}, second = {0};
    house_open(&first.house, "127.0.0.0/8");
    first.house.resolved[1] = "127.0.0.2";
    second.house = first.house;
    static const struct peer_step steps[] = {
        HEAR_IT, SLEEP(50), SEND("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"), STAY};
    play_peer(&first, plain_yes, NULL, NULL);
    struct peer cast = {.steps = steps, .connections = 1, .loop = first.house.loop};
    cast.address = first.peer.address;
    inet_pton(AF_INET, "127.0.0.2", &cast.address.sin_addr);
    cast.context = house_context(&first.house);
    cast.done = on_peer_done;
    cast.arg = &second;
    peer_start_as(&second.peer, &cast);
    play_start(&first, &a_request, HOST);
    play_start(&second, &a_request, HOST);
    while (!first.over || !second.over || !first.peer_done || !second.peer_done)
        house_run(&first.house);
    cr_expect_str_eq(strbuf_text(&first.body), "yes");
    cr_expect_str_eq(strbuf_text(&second.body), "second");
    peer_stop_listening(&second.peer);
    peer_free(&second.peer);
    strbuf_free(&second.body);
    play_end(&first);
}

/* What cannot happen: libcurl is told an address that is not the call's, or none and asks libc. Run
 * by libcurl alone, without the client. */
static enum web_outcome run_misled(const char *told, const char *vetted, bool *refused)
{
    char why[100];
    struct vet_networks *allow = vet_networks_new("127.0.0.0/8", why, sizeof(why));
    struct web_policy policy = {allow, "/etc/ssl/certs/ca-certificates.crt", "vrfy-test/1"};
    struct sockaddr_storage addresses[2];
    struct web_url url;
    cr_assert_null(web_url_parse("https://hook.example.org:1/", false, &url));
    struct web_transfer *transfer = web_transfer_new(&policy, &url, &a_request);
    web_transfer_aim(transfer, &url, addresses, addresses_of(told, addresses), 1000);
    addresses_of(vetted, addresses);
    ((struct sockaddr_in *)&transfer->targets[0])->sin_addr =
        ((struct sockaddr_in *)&addresses[0])->sin_addr;
    enum web_outcome outcome =
        web_transfer_outcome(transfer, (int)curl_easy_perform(transfer->easy));
    *refused = transfer->refused;
    web_transfer_free(&transfer);
    web_url_free(&url);
    vet_networks_free(&allow);
    return outcome;
}

static const struct {
    const char *label, *told, *vetted;
    enum web_outcome want;
} misled_rows[] = {
    {"as it should be", "127.0.0.9", "127.0.0.9", WEB_UNREACHABLE},
    {"another allowed address", "127.0.0.9", "127.0.0.8", WEB_FORBIDDEN},
    {"no address: it would resolve", "", "127.0.0.1", WEB_FORBIDDEN},
};

Test(web_client, misled_libcurl)
{
    for (size_t i = 0; i < COUNT_OF(misled_rows); i++) {
        bool refused;
        enum web_outcome got = run_misled(misled_rows[i].told, misled_rows[i].vetted, &refused);
        cr_expect_eq(got, misled_rows[i].want, "%s: %s", misled_rows[i].label,
                     web_outcome_name(got));
        cr_expect_eq(refused, misled_rows[i].want == WEB_FORBIDDEN, "%s", misled_rows[i].label);
    }
}

/* Addresses that swallow what is sent to them (their queue is full) leave time for the next one. */
struct full {
    struct peer peer;
    int fillers[4];
};

static void full_open(struct full *full, const char *address, in_port_t port)
{
    full->peer = (struct peer){.address = {.sin_port = port}};
    inet_pton(AF_INET, address, &full->peer.address.sin_addr);
    peer_listen(&full->peer);
    cr_assert_eq(listen(full->peer.listener, 0), 0);
    for (size_t i = 0; i < COUNT_OF(full->fillers); i++) {
        full->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(full->fillers[i], (struct sockaddr *)&full->peer.address,
                       sizeof(full->peer.address));
    }
}

static void full_close(struct full *full)
{
    for (size_t i = 0; i < COUNT_OF(full->fillers); i++)
        close(full->fillers[i]);
    close(full->peer.listener);
}

Test(web_client, silent_addresses)
{
    struct play play = {0};
    struct full first, second;
    house_open(&play.house, "127.0.0.0/8");
    play.house.resolved[0] = "127.0.0.2 127.0.0.3 127.0.0.1";
    play_peer(&play, plain_yes, NULL, NULL);
    full_open(&first, "127.0.0.2", play.peer.address.sin_port);
    full_open(&second, "127.0.0.3", play.peer.address.sin_port);
    struct web_request request = a_request;
    request.timeout_ms = 1600;
    play_start(&play, &request, HOST);
    house_run(&play.house);
    cr_expect_eq(play.outcome, WEB_ANSWERED, "%s", web_outcome_name(play.outcome));
    cr_expect(play.ms > 800 && play.ms < 1600, "%lld ms", (long long)play.ms);
    full_close(&first);
    full_close(&second);
    play_end(&play);
}

/* ---- resolving takes its time ---- */

static const struct {
    const char *label;
    int64_t delay_ms, timeout_ms;
    enum web_outcome want;
} delay_rows[] = {
    {"answers from inside the question", -1, 1000, WEB_UNREACHABLE},
    {"answers at once", 0, 1000, WEB_UNREACHABLE},
    {"answers in time", 50, 1000, WEB_UNREACHABLE},
    {"answers too late", 400, 100, WEB_TIMEOUT},
    {"no time at all", 50, 0, WEB_TIMEOUT},
};

Test(web_client, resolver_delays)
{
    for (size_t i = 0; i < COUNT_OF(delay_rows); i++) {
        struct play play = {.peer_done = true};
        house_open(&play.house, "127.0.0.0/8");
        play.house.resolved[0] = "127.0.0.9";
        play.house.resolve_delay_ms = delay_rows[i].delay_ms;
        play.peer.address.sin_port = htons(1);
        struct web_request request = a_request;
        request.timeout_ms = delay_rows[i].timeout_ms;
        play_start(&play, &request, HOST);
        house_run(&play.house);
        cr_expect_eq(play.outcome, delay_rows[i].want, "%s: %s", delay_rows[i].label,
                     web_outcome_name(play.outcome));
        if (delay_rows[i].want == WEB_TIMEOUT)
            cr_expect_lt(play.ms, delay_rows[i].timeout_ms + 200);
        /* The answer that comes after all finds nobody. */
        loop_timer_add(play.house.loop, 450, (loop_fn *)loop_break, play.house.loop);
        house_run(&play.house);
        cr_expect_eq(play.house.answered, 1u);
        cr_expect_eq(play.callbacks, 1u);
        strbuf_free(&play.body);
        house_close(&play.house);
    }
}

/* ---- ended by the owner ---- */

enum end { END_CANCEL, END_FREE };

static struct {
    enum end how;
    struct play *play;
} ending;

static void on_end_it(void *arg)
{
    (void)arg;
    struct play *play = ending.play;
    if (ending.how == END_CANCEL)
        web_client_cancel(&play->call);
    else
        web_client_free(&play->house.client);
    cr_expect(ending.how == END_FREE || play->call == NULL);
    play->over = true;
    peer_go_on(&play->peer);
    play_break(play);
}

static const struct {
    const char *label;
    struct peer_step steps[6];
    int64_t resolve_delay_ms;
    int64_t end_ms; /* -1: before the loop runs; -2: the peer's cue */
    const char *host;
    bool nobody_comes;
} end_rows[] = {
    {"at once", {STAY}, 20, -1, HOST, true},
    {"at once, a literal", {STAY}, 0, -1, "127.0.0.1", true},
    {"a URL that is none", {STAY}, 0, -1, "-", true},
    {"while resolving", {STAY}, 150, 30, HOST, true},
    {"refused address, before it is told", {STAY}, -1, -1, "10.0.0.1", true},
    {"in the handshake", {CUE, STAY}, 0, -2, HOST, false},
    {"after the handshake", {START_TLS, CUE, STAY}, 0, -2, HOST, false},
    {"after the request", {HEAR_IT, CUE, STAY}, 0, -2, HOST, false},
    {"in the header", {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nX"), CUE, STAY}, 0, -2, HOST, false},
    {"in the body",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), CUE, STAY},
     0,
     -2,
     HOST,
     false},
};

static void run_end(size_t i, enum end how)
{
    struct play play = {0};
    house_open(&play.house, "127.0.0.0/8");
    play.house.resolve_delay_ms = end_rows[i].resolve_delay_ms;
    ending.how = how;
    ending.play = &play;
    if (end_rows[i].nobody_comes) {
        play.peer_done = true;
        sem_init(&play.peer.go_on, 0, 0);
        peer_listen(&play.peer);
    } else {
        play_peer(&play, end_rows[i].steps, NULL, on_end_it);
    }
    play_start(&play, &a_request, end_rows[i].host);
    if (end_rows[i].end_ms == -1)
        on_end_it(NULL);
    else if (end_rows[i].end_ms >= 0)
        loop_timer_add(play.house.loop, end_rows[i].end_ms, on_end_it, NULL);
    house_run(&play.house);
    loop_timer_add(play.house.loop, 200, (loop_fn *)loop_break, play.house.loop);
    house_run(&play.house);
    cr_expect_eq(play.callbacks, 0u, "%s: called back", end_rows[i].label);
    cr_expect_eq(play.house.answered, play.house.asked, "%s", end_rows[i].label);
    if (end_rows[i].nobody_comes) {
        close(play.peer.listener);
        peer_free(&play.peer);
        house_close(&play.house);
    } else {
        play_end(&play);
    }
}

Test(web_client, ended_by_owner)
{
    for (size_t i = 0; i < COUNT_OF(end_rows); i++) {
        run_end(i, END_CANCEL);
        run_end(i, END_FREE);
    }
    struct web_call *none = NULL;
    web_client_cancel(&none);
    struct web_client *no_client = NULL;
    web_client_free(&no_client);
}

/* Ended on a thread that runs no loop, and so gets SIGPIPE, after the peer has gone. */
static void on_break(void *arg)
{
    loop_break(((struct play *)arg)->house.loop);
}

Test(web_client, no_sigpipe)
{
    static const struct peer_step steps[] = {HEAR_IT, CUE, RESET};
    for (int cancel = 0; cancel < 2; cancel++) {
        struct play play = {0};
        house_open(&play.house, "127.0.0.0/8");
        play_peer(&play, steps, NULL, on_break);
        play_start(&play, &a_request, HOST);
        house_run(&play.house);
        shutdown(play.peer.fd,
                 SHUT_WR); /* then the reset; the other way round there is no signal */
        peer_go_on(&play.peer);
        pthread_join(play.peer.thread, NULL);
        peer_sleep(20);
        signal(SIGPIPE, SIG_DFL);
        if (cancel)
            web_client_cancel(&play.call);
        else
            web_client_free(&play.house.client);
        close(play.peer.listener);
        peer_free(&play.peer);
        house_close(&play.house);
    }
}

/* From inside a callback: the others are cancelled, new ones started, the client freed. */
enum { SIBLINGS = 6 };

static struct {
    struct house house;
    struct web_call *calls[SIBLINGS];
    size_t callbacks, rounds;
} family;

static void start_siblings(size_t from, size_t to);

static void on_sibling(const struct web_answer *answer, void *arg)
{
    cr_expect_eq(answer->outcome, WEB_FORBIDDEN);
    family.calls[*(size_t *)arg] = NULL;
    family.callbacks++;
    if (family.callbacks == 1) { /* cancels some that are ready too, and starts anew */
        for (size_t i = 0; i < SIBLINGS / 2; i++)
            web_client_cancel(&family.calls[i]);
        start_siblings(0, SIBLINGS / 2);
    } else if (family.callbacks == 3) {
        web_client_free(&family.house.client);
        loop_timer_add(family.house.loop, 100, (loop_fn *)loop_break, family.house.loop);
    }
}

static void start_siblings(size_t from, size_t to)
{
    static size_t numbers[SIBLINGS];
    struct web_request request = a_request;
    request.url = "https://10.0.0.1/";
    for (size_t i = from; i < to; i++) {
        numbers[i] = i;
        family.calls[i] = web_client_start(family.house.client, &request, on_sibling, &numbers[i]);
    }
}

Test(web_client, from_inside_a_callback)
{
    house_open(&family.house, "127.0.0.0/8");
    start_siblings(0, SIBLINGS);
    house_run(&family.house);
    cr_expect_eq(family.callbacks, 3u);
    house_close(&family.house);
}

/* ---- many at once ---- */

enum { MANY = 50, EACH_MS = 300 };

Test(web_client, many_at_once)
{
    static struct play plays[MANY];
    static const struct peer_step steps[] = {
        HEAR_IT, SLEEP(EACH_MS), SEND("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"), STAY};
    house_open(&plays[0].house, "127.0.0.0/8");
    for (size_t i = 0; i < MANY; i++) {
        plays[i].house = plays[0].house;
        play_peer(&plays[i], steps, NULL, NULL);
    }
    int64_t started_ms = clock_mono_ms();
    for (size_t i = 0; i < MANY; i++)
        play_start(&plays[i], &a_request, HOST);
    for (size_t i = 0; i < MANY; i++)
        while (!plays[i].over || !plays[i].peer_done)
            house_run(&plays[0].house);
    int64_t ms = clock_mono_ms() - started_ms;
    cr_log_info("%d calls of %d ms each: %lld ms", MANY, EACH_MS, (long long)ms);
    cr_expect_lt(ms, MANY * EACH_MS / 3, "%lld ms", (long long)ms);
    for (size_t i = 0; i < MANY; i++) {
        cr_expect_eq(plays[i].outcome, WEB_ANSWERED, "%zu: %s", i,
                     web_outcome_name(plays[i].outcome));
        cr_expect_str_eq(strbuf_text(&plays[i].body), "yes");
        peer_stop_listening(&plays[i].peer);
        peer_free(&plays[i].peer);
        strbuf_free(&plays[i].body);
    }
    house_close(&plays[0].house);
}

/* ---- http:// ---- */

Test(web_client, plain_http)
{
    static const struct peer_step steps[] = {
        HEAR(BODY), SEND("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"), STAY};
    for (int allowed = 0; allowed < 2; allowed++) {
        struct play play = {0};
        house_open(&play.house, "127.0.0.0/8");
        if (allowed)
            play_peer(&play, steps, NULL, NULL);
        play.peer_done = !allowed;
        char url[100];
        snprintf(url, sizeof(url), "http://hook.example.org:%u/", allowed ? play_port(&play) : 80);
        struct web_request request = a_request;
        request.url = url;
        request.allow_http = allowed;
        play.call = web_client_start(play.house.client, &request, on_answer, &play);
        house_run(&play.house);
        cr_expect_eq(play.outcome, allowed ? WEB_ANSWERED : WEB_BAD_URL);
        cr_expect_str_eq(strbuf_text(&play.body), allowed ? "yes" : "");
        if (allowed) {
            play_end(&play);
        } else {
            cr_expect_eq(play.house.asked, 0u);
            strbuf_free(&play.body);
            house_close(&play.house);
        }
    }
}

/* ---- what the program itself may get wrong ---- */

static const struct {
    const char *label, *method, *header, *wrong_ca;
} wrong_rows[] = {
    {"CR LF in a header", "POST", "X-A: b\r\nX-B: c", NULL},
    {"LF in a header", "POST", "X-A: b\nX-B: c", NULL},
    {"CR in a header", "POST", "X-A: b\rc", NULL},
    {"LF at the end of a header", "POST", "X-A: b\n", NULL},
    {"LF in a header's name", "POST", "X\n-A: b", NULL},
    {"DEL in a header", "POST", "X-A: \x7f", NULL},
    {"header without a colon", "POST", "X-A", NULL},
    {"header without a name", "POST", ": b", NULL},
    {"space in a header's name", "POST", "X A: b", NULL},
    {"a second length", "POST", "content-length: 3", NULL},
    {"a second framing", "POST", "Transfer-Encoding: chunked", NULL},
    {"a second host", "POST", "Host: 127.0.0.1", NULL},
    {"method with a space", "POST / HTTP/1.1", NULL, NULL},
    {"method with a line end", "POST\r\nX: y", NULL, NULL},
    {"no method", "", NULL, NULL},
};

static void start_wrong(struct house *house, size_t i)
{
    const char *const headers[] = {wrong_rows[i].header, NULL};
    struct web_request request = a_request;
    request.url = "https://hook.example.org/";
    request.method = wrong_rows[i].method;
    request.headers = headers;
    web_client_start(house->client, &request, on_answer, NULL);
    _exit(0);
}

Test(web_client, mistakes_of_the_program)
{
    struct house house = {0};
    house_open(&house, "");
    for (size_t i = 0; i < COUNT_OF(wrong_rows); i++) {
        pid_t pid = fork();
        cr_assert_geq(pid, 0);
        if (pid == 0) {
            (void)!freopen("/dev/null", "w", stderr);
            signal(SIGABRT, SIG_DFL);
            start_wrong(&house, i);
        }
        int status;
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s: went on (%d)",
                  wrong_rows[i].label, status);
    }
    house_close(&house);
}

static const struct {
    const char *label, *path;
    bool ok;
} ca_rows[] = {
    {"none named", NULL, true},
    {"empty name", "", true},
    {"not there", "/nonexistent/ca.pem", false},
    {"a folder", "/tmp", false},
    {"nothing in it", "/dev/null", false},
    {"no certificate in it", "/etc/passwd", false},
};

Test(web_client, ca_files)
{
    for (size_t i = 0; i < COUNT_OF(ca_rows); i++) {
        struct web_config config = {.loop = loop_new(), .resolve = house_resolve};
        config.ca_file = ca_rows[i].path;
        config.user_agent = "vrfy-test/1";
        char why[200] = "";
        struct web_client *client = web_client_new(&config, why, sizeof(why));
        cr_expect_eq(client != NULL, ca_rows[i].ok, "%s: %s", ca_rows[i].label, why);
        cr_expect_eq(why[0] == '\0', ca_rows[i].ok, "%s: %s", ca_rows[i].label, why);
        web_client_free(&client);
        loop_free(&config.loop);
    }
}
