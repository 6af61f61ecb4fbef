/* The RDAP client's questions from their beginning to their end: cancelled, left and freed at every
 * stage, asked from many threads; what is kept of answers, and for how long. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "rdap/rdap_private.h"
#include "rdap_house.h"

#define SLOW(name) "https://rdap.slow.example/domain/" name
#define TWO(name)  "https://rdap.two.example/domain/" name
#define GOOD(name) SITE_OK(RDAP_BODY(name))

static const struct site_row web[] = {{SLOW("a.slow"), "%W%W%W" GOOD("a.slow")},
                                      {SLOW("b.slow"), "%W%W%W" GOOD("b.slow")},
                                      {SLOW("silent.slow"), NULL},
                                      {SLOW("led.slow"), SITE_TO("302", "silent.slow")},
                                      {TWO("good.two"), GOOD("good.two")},
                                      {TWO("better.two"), GOOD("better.two")},
                                      {TWO("best.two"), GOOD("best.two")},
                                      {NULL, NULL}};

/* ---- cancelling and freeing ---- */

/* Where a question stands when it is given up. */
enum stage { IN_INBOX, RESOLVING, SENT, LED, IN_LINE, FOLLOWING, ANSWERED, STAGES };
static const char *const stage_names[] = {"in the inbox", "resolving", "sent",    "redirected",
                                          "in line",      "following", "answered"};

struct tick {
    struct loop *loop;
    struct loop_timer *timer;
};

static void on_tick(void *arg)
{
    struct tick *tick = arg;
    tick->timer = NULL;
    loop_break(tick->loop);
}

static void wait_for_count(struct rdap_house *house, const char *asked)
{
    struct tick tick = {.loop = house->site.loop};
    for (int patience = 0; site_count(&house->site, asked) == 0; patience++) {
        loop_timer_set(&tick.timer, tick.loop, 10, on_tick, &tick);
        site_run(&house->site);
        cr_assert_lt(patience, 1000, "%s", asked);
    }
    loop_timer_remove(&tick.timer);
}

/* `seen` at that stage; `others` are there to bring it there. */
static void bring_to(struct rdap_house *house, enum stage stage, struct rdap_seen *seen,
                     struct rdap_seen *other)
{
    size_t *never = &(size_t){1000};
    other->query = NULL;
    switch (stage) {
    case IN_INBOX:
    case RESOLVING:
        rdap_seen_ask(seen, house, "silent.slow", never);
        break;
    case SENT:
        rdap_seen_ask(seen, house, "silent.slow", never);
        wait_for_count(house, SLOW("silent.slow"));
        break;
    case LED:
        rdap_seen_ask(seen, house, "led.slow", never);
        wait_for_count(house, SLOW("silent.slow"));
        break;
    case IN_LINE:
        rdap_seen_ask(other, house, "silent.slow", never);
        rdap_seen_ask(seen, house, "b.slow", never);
        break;
    case FOLLOWING:
        rdap_seen_ask(other, house, "silent.slow", never);
        rdap_seen_ask(seen, house, "silent.slow", never);
        break;
    case ANSWERED:
        rdap_seen_ask(seen, house, "example.example", never); /* known to have no server */
        break;
    case STAGES:
        break;
    }
    if (stage != IN_INBOX)
        rdap_house_turn(house);
    cr_assert_eq(seen->callbacks, 0u, "%s: too late", stage_names[stage]);
}

static void one_at_a_time(struct rdap_house *house)
{
    rdap_house_build(house, web);
    house->settings.requests_per_server = 1;
    rdap_house_start(house);
}

Test(rdap_life, cancelled_at_every_stage)
{
    for (enum stage stage = 0; stage < STAGES; stage++) {
        struct rdap_house house;
        struct rdap_seen seen, other;
        one_at_a_time(&house);
        bring_to(&house, stage, &seen, &other);
        rdap_cancel(&seen.query);
        cr_expect_null(seen.query);
        rdap_cancel(&seen.query);
        cr_expect_eq(rdap_house_ask(&house, "good.two").status, RDAP_FOUND, "goes on");
        cr_expect_eq(seen.callbacks, 0u, "%s", stage_names[stage]);
        if (stage == IN_INBOX || stage == IN_LINE)
            cr_expect_eq(site_count(&house.site, SLOW("b.slow")), 0u, "%s", stage_names[stage]);
        rdap_cancel(&other.query);
        rdap_house_close(&house);
    }
}

Test(rdap_life, freed_at_every_stage)
{
    for (enum stage stage = 0; stage < STAGES; stage++) {
        struct rdap_house house;
        struct rdap_seen seen, other;
        one_at_a_time(&house);
        bring_to(&house, stage, &seen, &other);
        rdap_free(&house.rdap);
        cr_expect_null(house.rdap);
        rdap_free(&house.rdap);
        rdap_house_turn(&house);
        cr_expect_eq(seen.callbacks, 0u, "%s", stage_names[stage]);
        rdap_house_close(&house);
    }
}

/* A cancelled question that was sent: its answer is kept all the same. */
Test(rdap_life, nobody_waits_any_more)
{
    struct rdap_house house;
    struct rdap_seen seen;
    struct rdap_answer known;
    rdap_house_open(&house, web);
    rdap_seen_ask(&seen, &house, "a.slow", NULL);
    wait_for_count(&house, SLOW("a.slow"));
    rdap_cancel(&seen.query);
    cr_expect_not(rdap_knows(house.rdap, "a.slow", &known));
    cr_expect_eq(rdap_house_ask(&house, "b.slow").status, RDAP_FOUND);
    cr_expect_eq(rdap_house_ask(&house, "a.slow").status, RDAP_FOUND);
    cr_expect_eq(site_count(&house.site, SLOW("a.slow")), 1u);
    rdap_house_close(&house);
}

/* A follower may go, the others get their answer. */
Test(rdap_life, a_follower_leaves)
{
    struct rdap_house house;
    struct rdap_seen seen[3];
    size_t left = 2;
    rdap_house_open(&house, web);
    for (size_t i = 0; i < COUNT_OF(seen); i++)
        rdap_seen_ask(&seen[i], &house, "a.slow", &left);
    rdap_house_turn(&house);
    rdap_cancel(&seen[0].query);
    site_run(&house.site);
    cr_expect_eq(seen[0].callbacks, 0u);
    cr_expect_eq(seen[1].callbacks, 1u);
    cr_expect_eq(seen[2].callbacks, 1u);
    rdap_house_close(&house);
}

struct inside {
    struct rdap_house *house;
    struct rdap_seen *victim;
    struct rdap_seen next;
    enum { CANCEL_ANOTHER, ASK_AGAIN, FREE_IT } deed;
};

static void on_inside(const struct rdap_answer *answer, void *arg)
{
    struct inside *inside = arg;
    cr_expect_eq(answer->status, RDAP_FOUND);
    if (inside->deed == CANCEL_ANOTHER)
        rdap_cancel(&inside->victim->query);
    else if (inside->deed == FREE_IT)
        rdap_free(&inside->house->rdap);
    if (inside->deed == ASK_AGAIN)
        rdap_seen_ask(&inside->next, inside->house, "good.two", NULL);
    else
        loop_break(inside->house->site.loop);
}

Test(rdap_life, from_inside_a_callback)
{
    for (int deed = CANCEL_ANOTHER; deed <= FREE_IT; deed++) {
        struct rdap_house house;
        struct rdap_seen seen = {0};
        struct inside inside = {.house = &house, .victim = &seen, .deed = deed};
        rdap_house_open(&house, web);
        rdap_ask(house.rdap, "good.two", on_inside, &inside);
        rdap_seen_ask(&seen, &house, "good.two", &(size_t){1000});
        site_run(&house.site);
        rdap_house_turn(&house);
        cr_expect_eq(seen.callbacks, deed == ASK_AGAIN ? 1u : 0u, "%d", deed);
        cr_expect_eq(inside.next.callbacks, deed == ASK_AGAIN ? 1u : 0u, "%d", deed);
        rdap_house_close(&house);
    }
}

/* ---- many threads ---- */

enum { THREADS = 4, QUESTIONS = 200 };

struct asker {
    struct rdap_house *house;
    size_t number;
    pthread_t thread;
    struct rdap_seen seen[QUESTIONS];
    size_t *left;
};

static void *asker_main(void *arg)
{
    struct asker *asker = arg;
    static const char *const domains[] = {"good.two", "better.two", "best.two", "none.two"};
    struct rdap_answer answer;
    for (size_t i = 0; i < QUESTIONS; i++) {
        const char *domain = domains[(i + asker->number) % COUNT_OF(domains)];
        asker->seen[i] = (struct rdap_seen){.house = asker->house, .left = asker->left};
        rdap_ask(asker->house->rdap, domain, on_rdap, &asker->seen[i]);
        if (rdap_knows(asker->house->rdap, domain, &answer))
            rdap_teach(asker->house->rdap, domain, &answer, 0);
    }
    return NULL;
}

Test(rdap_life, many_threads)
{
    struct rdap_house house;
    static struct asker askers[THREADS];
    size_t left = THREADS * QUESTIONS; /* the loop thread's */
    rdap_house_open(&house, web);
    for (size_t i = 0; i < THREADS; i++) {
        askers[i] = (struct asker){.house = &house, .number = i, .left = &left};
        pthread_create(&askers[i].thread, NULL, asker_main, &askers[i]);
    }
    site_run(&house.site);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(askers[i].thread, NULL);
    for (size_t i = 0; i < THREADS * QUESTIONS; i++) {
        const struct rdap_seen *seen = &askers[i / QUESTIONS].seen[i % QUESTIONS];
        cr_assert_eq(seen->callbacks, 1u);
        cr_assert(seen->answer.status == RDAP_FOUND || seen->answer.status == RDAP_NOT_FOUND);
    }
    cr_expect_eq(site_count(&house.site, TWO("good.two")), 1u);
    cr_expect_eq(site_count(&house.site, TWO("none.two")), 1u);
    rdap_house_close(&house);
}

/* ---- what is kept ---- */

#define HOUR_MS 3600000

Test(rdap_life, kept_answers)
{
    struct rdap_house house;
    struct rdap_answer known;
    rdap_house_open(&house, web);
    rdap_house_ask(&house, "good.two");
    rdap_house_ask(&house, "none.two");
    cr_expect(rdap_knows(house.rdap, "good.two", &known));
    cr_expect_eq(known.registered_us, RDAP_DATE_US);
    cr_expect_eq(known.ms, 0);
    cr_expect(rdap_knows(house.rdap, "none.two", &known));
    cr_expect_eq(known.status, RDAP_NOT_FOUND);
    cr_expect(rdap_knows(house.rdap, "example.example", &known));
    cr_expect_eq(known.status, RDAP_NO_SERVER);
    cr_expect_not(rdap_knows(house.rdap, "best.two", &known));
    clock_test_shift(11 * 60000);
    cr_expect(rdap_knows(house.rdap, "good.two", &known));
    cr_expect_not(rdap_knows(house.rdap, "none.two", &known), "it may be there now");
    clock_test_shift(7 * 24 * HOUR_MS);
    cr_expect_not(rdap_knows(house.rdap, "good.two", &known));
    rdap_house_ask(&house, "good.two");
    cr_expect_eq(site_count(&house.site, TWO("good.two")), 2u);
    rdap_house_close(&house);
}

Test(rdap_life, taught)
{
    const int64_t day_us = (int64_t)24 * HOUR_MS * 1000;
    const struct rdap_answer answer = {.status = RDAP_FOUND,
                                       .registered_us = 5,
                                       .registrar = "Somebody",
                                       .registrar_id = 7,
                                       .ms = 99};
    const struct rdap_answer failed = {.status = RDAP_FAILED};
    struct rdap_house house;
    struct rdap_answer known;
    rdap_house_open(&house, web);
    rdap_teach(house.rdap, "good.two", &answer, 6 * day_us);
    cr_expect(rdap_knows(house.rdap, "good.two", &known));
    cr_expect_str_eq(known.registrar, "Somebody");
    cr_expect_eq(known.registrar_id, 7);
    cr_expect_eq(known.ms, 0);
    cr_expect_eq(rdap_house_ask(&house, "good.two").registered_us, 5);
    cr_expect_str_eq(strbuf_text(&house.site.heard), "", "nobody is asked");
    rdap_teach(house.rdap, "good.two", &failed, 0);
    cr_expect(rdap_knows(house.rdap, "good.two", &known));
    cr_expect_eq(known.status, RDAP_FOUND, "a failure takes nothing away");
    rdap_teach(house.rdap, "better.two", &answer, 7 * day_us);
    cr_expect_not(rdap_knows(house.rdap, "better.two", &known), "too old");
    rdap_teach(house.rdap, "better.two", &answer, -1);
    cr_expect_not(rdap_knows(house.rdap, "better.two", &known), "from the future");
    rdap_teach(house.rdap, "a/b.two", &answer, 0);
    rdap_teach(house.rdap, "better.two", &(struct rdap_answer){.status = RDAP_NO_SERVER}, 0);
    cr_expect_not(rdap_knows(house.rdap, "better.two", &known), "the bootstrap file knows better");
    clock_test_shift(25 * HOUR_MS);
    cr_expect_not(rdap_knows(house.rdap, "good.two", &known), "its week is over");
    rdap_house_close(&house);
}

Test(rdap_life, cache_bound)
{
    struct rdap_cache *cache = rdap_cache_new(3);
    const struct rdap_answer answer = {.status = RDAP_FOUND, .registered_us = 1};
    struct rdap_answer out;
    rdap_cache_put(cache, "a.one", &answer, 1000);
    rdap_cache_put(cache, "b.one", &answer, 1000);
    rdap_cache_put(cache, "c.one", &answer, 1000);
    cr_expect(rdap_cache_get(cache, "a.one", &out));
    rdap_cache_put(cache, "d.one", &answer, 1000);
    cr_expect_eq(rdap_cache_count(cache), 3u);
    cr_expect_not(rdap_cache_get(cache, "b.one", &out), "the longest unused went");
    cr_expect(rdap_cache_get(cache, "a.one", &out));
    for (int i = 0; i < 10000; i++) {
        char domain[32];
        snprintf(domain, sizeof(domain), "x%d.one", i);
        rdap_cache_put(cache, domain, &answer, 1000);
    }
    cr_expect_eq(rdap_cache_count(cache), 3u);
    cr_expect(rdap_cache_get(cache, "x9999.one", &out));
    cr_expect_not(rdap_cache_get(cache, "x9996.one", &out));
    rdap_cache_put(cache, "y.one", &answer, 0);
    cr_expect_not(rdap_cache_get(cache, "y.one", &out), "not kept at all");
    clock_test_shift(1001);
    cr_expect_not(rdap_cache_get(cache, "x9999.one", &out));
    cr_expect_eq(rdap_cache_count(cache), 2u, "gone when it was met");
    rdap_cache_free(&cache);
    cache = rdap_cache_new(0);
    rdap_cache_put(cache, "a.one", &answer, 1000);
    cr_expect_not(rdap_cache_get(cache, "a.one", &out));
    rdap_cache_free(&cache);
}

/* ---- servers by the thousand ---- */

static void on_no_turn(bool go, void *arg)
{
    (void)go;
    (void)arg;
    cr_expect_fail("nobody waits");
}

/* Whoever is led from server to server, each of which wants to be left alone, fills no memory. */
Test(rdap_life, server_bound)
{
    struct rdap_servers *servers = rdap_servers_new(2);
    for (int i = 0; i < 3 * RDAP_SERVERS_MAX; i++) {
        struct rdap_turn turn = {.fn = on_no_turn};
        char name[32];
        snprintf(name, sizeof(name), "s%d.example:443", i);
        cr_assert_eq(rdap_turn_take(servers, name, &turn), RDAP_GO);
        rdap_turn_pause(&turn, 1000 * 1000);
        rdap_turn_end(servers, &turn);
        cr_assert_leq(rdap_servers_count(servers), (size_t)RDAP_SERVERS_MAX);
    }
    struct rdap_turn turn = {.fn = on_no_turn};
    cr_expect_eq(rdap_turn_take(servers, "s3071.example:443", &turn), RDAP_PAUSED);
    clock_test_shift(1000 * 1000 + 1);
    cr_expect_eq(rdap_turn_take(servers, "s3071.example:443", &turn), RDAP_GO);
    rdap_turn_answered(&turn, true);
    rdap_turn_end(servers, &turn);
    rdap_turn_end(servers, &turn); /* nowhere: nothing */
    rdap_servers_free(&servers);
    rdap_servers_free(&servers);
}
