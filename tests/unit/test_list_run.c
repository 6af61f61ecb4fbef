/* A list through the real engine: grouped, fair, bounded, stopped.  "mute..." domains are never
 * answered for, so that what is asked of them stays in flight; no other domain exists. */
#include <criterion/criterion.h>
#include <string.h>

#include "jobs/list_run.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "dns_server.h"
#include "pace_file.h"

enum { ITEMS_MAX = 20000, GUARD_MS = 30000 };

static void script(const struct dns_ask *ask, struct packet *p)
{
    if (strstr(ask->name, "mute") != NULL)
        return;
    packet_start(p, ask->id, 0, ask->name, ask->type);
    p->data[3] |= PACKET_NXDOMAIN;
    dns_server_send(ask, p);
}

static struct fixture {
    struct loop *loop;
    struct verify_engine *engine;
    struct list_run *run;
    struct dns_server dns;
    char servers[64];
    struct smtp_settings smtp;
    struct verify_settings verify;
    struct dns_settings dns_settings;
    struct pace_settings pace;
    uint64_t order[ITEMS_MAX]; /* tags as they were heard of */
    int heard[ITEMS_MAX], unanswered;
    size_t count, over, rooms;
    struct loop_timer *guard;
} fx;

static void on_answer(uint64_t tag, struct facts *facts, void *arg)
{
    cr_assert(loop_is_mine(fx.loop) && arg == &fx);
    fx.order[fx.count++] = tag;
    fx.heard[tag]++;
    fx.unanswered += facts == NULL;
    facts_free(&facts);
}

static void on_room(void *arg)
{
    (void)arg;
    fx.rooms++;
}

static void on_over(void *arg)
{
    (void)arg;
    fx.over++;
    list_run_free(&fx.run);
    loop_break(fx.loop);
}

static void on_guard(void *arg)
{
    (void)arg;
    fx.guard = NULL;
    loop_break(fx.loop);
}

static void run_for(int64_t ms)
{
    fx.guard = loop_timer_add(fx.loop, ms, on_guard, NULL);
    loop_run(fx.loop);
    loop_timer_remove(&fx.guard);
}

static void fixture_open(enum verify_depth depth, size_t concurrency, size_t per_domain,
                         size_t pool)
{
    char why[160] = "";
    fx = (struct fixture){.loop = loop_new()};
    dns_server_start(&fx.dns, 0, script);
    snprintf(fx.servers, sizeof(fx.servers), "127.0.0.1:%u", fx.dns.port);
    fx.smtp = (struct smtp_settings){.helo_name = "probe.example.org",
                                     .mail_from = "",
                                     .port = 25,
                                     .allow_networks = "",
                                     .connect_timeout_ms = 2000,
                                     .banner_timeout_ms = 2000,
                                     .reply_timeout_ms = 2000,
                                     .session_timeout_ms = 5000,
                                     .quit_timeout_ms = 300,
                                     .source_addresses = "",
                                     .socks5 = ""};
    fx.verify = (struct verify_settings){.deadline_ms = 60000,
                                         .cache_ttl_ms = 60000,
                                         .cache_domains = 1000,
                                         .outage_after_ms = 60000,
                                         .outage_hosts = 1000};
    fx.dns_settings = (struct dns_settings){.servers = fx.servers,
                                            .timeout_ms = 60000,
                                            .tries = 1,
                                            .cache_entries = 1000,
                                            .max_in_flight = 1000};
    fx.pace = pace_file_settings();
    const struct verify_config verify = {.loop = fx.loop,
                                         .verify = &fx.verify,
                                         .smtp = &fx.smtp,
                                         .dns = &fx.dns_settings,
                                         .pace = &fx.pace};
    fx.engine = verify_engine_new(&verify, why, sizeof(why));
    cr_assert_not_null(fx.engine, "%s", why);
    const struct list_run_config config = {.loop = fx.loop,
                                           .engine = fx.engine,
                                           .request = {.depth = depth, .patient = true},
                                           .concurrency = concurrency,
                                           .per_domain = per_domain,
                                           .pool = pool,
                                           .answer = on_answer,
                                           .room = on_room,
                                           .over = on_over,
                                           .arg = &fx};
    fx.run = list_run_new(&config);
}

static void fixture_close(void)
{
    list_run_free(&fx.run);
    verify_engine_free(&fx.engine);
    pace_file_remove();
    loop_free(&fx.loop);
    dns_server_stop(&fx.dns);
}

static bool add(uint64_t tag, const char *stem, uint64_t domain)
{
    char text[80];
    int len = snprintf(text, sizeof(text), "u%d@%s%d.example.org", (int)tag, stem, (int)domain);
    return list_run_add(fx.run, tag, text, (size_t)len);
}

static void expect_all_heard_once(uint64_t items)
{
    cr_expect_eq(fx.over, 1);
    cr_expect_eq(fx.count, items, "%zu heard of", fx.count);
    for (uint64_t i = 0; i < items; i++)
        cr_expect_eq(fx.heard[i], 1, "item %d: %d times", (int)i, fx.heard[i]);
}

/* Domains come in turn, and leave one after the other, the one that came first first. */
Test(list_run, a_domains_items_start_together)
{
    enum { DOMAINS = 40, EACH = 5 };
    fixture_open(VERIFY_OFFLINE, 16, 8, 0);
    for (uint64_t i = 0; i < DOMAINS * EACH; i++)
        add(i, i % 2 == 0 ? "shop" : "SHOP", i % DOMAINS);
    list_run_no_more(fx.run);
    run_for(GUARD_MS);
    expect_all_heard_once(DOMAINS * EACH);
    for (size_t i = 0; i < DOMAINS * EACH; i++)
        cr_expect_eq(fx.order[i], i / EACH + i % EACH * DOMAINS, "place %zu: item %d", i,
                     (int)fx.order[i]);
    fixture_close();
}

/* How many of the domain's items, 0..items-1, were among the first `places` heard of. */
static size_t among_first(size_t places, uint64_t items)
{
    size_t found = 0;
    for (size_t i = 0; i < places; i++)
        found += fx.order[i] < items;
    return found;
}

/* Two domains are most of the list and come first; the tail has its share of every window. */
Test(list_run, a_large_domain_does_not_fill_the_window)
{
    enum { LARGE = 1000, TAIL = 200, WINDOW = 40, CAP = 10 };
    fixture_open(VERIFY_OFFLINE, WINDOW, CAP, 0);
    for (uint64_t i = 0; i < LARGE; i++)
        add(i, "large", i % 2);
    for (uint64_t i = 0; i < TAIL; i++)
        add(LARGE + i, "tail", i);
    list_run_no_more(fx.run);
    run_for(GUARD_MS);
    expect_all_heard_once(LARGE + TAIL);
    for (size_t end = WINDOW; end <= 2 * TAIL; end += WINDOW)
        cr_expect_leq(among_first(end, LARGE), end / 2 + 2 * CAP, "%zu of the first %zu",
                      among_first(end, LARGE), end);
    fixture_close();
}

/* A domain whose answers never come keeps what it has and no more. */
Test(list_run, a_stuck_domain_keeps_its_share_only)
{
    enum { STUCK = 500, OTHERS = 500, WINDOW = 40, CAP = 10 };
    fixture_open(VERIFY_NO_SMTP, WINDOW, CAP, 0);
    for (uint64_t i = 0; i < STUCK; i++)
        add(i, "mute", 0);
    for (uint64_t i = 0; i < OTHERS; i++)
        add(STUCK + i, "shop", i);
    list_run_no_more(fx.run);
    for (int turns = 0; fx.count < OTHERS && turns < GUARD_MS / 50; turns++)
        run_for(50);
    struct list_run_counts counts = list_run_counts(fx.run);
    cr_expect_eq(counts.answered, OTHERS, "%d answered", (int)counts.answered);
    cr_expect_eq(among_first(fx.count, STUCK), 0);
    cr_expect_eq(counts.in_flight, CAP, "%zu in flight", counts.in_flight);
    cr_expect_eq(counts.waiting, STUCK - CAP);
    fixture_close();
}

/* Large ones are never so many that nothing of the tail is in flight. */
Test(list_run, many_large_domains_leave_a_quarter)
{
    enum { LARGE = 8, EACH = 500, TAIL = 400, WINDOW = 40, CAP = 10 };
    fixture_open(VERIFY_OFFLINE, WINDOW, CAP, 0);
    for (uint64_t i = 0; i < LARGE * EACH; i++)
        add(i, "large", i % LARGE);
    for (uint64_t i = 0; i < TAIL; i++)
        add(LARGE * EACH + i, "tail", i);
    list_run_no_more(fx.run);
    run_for(GUARD_MS);
    expect_all_heard_once(LARGE * EACH + TAIL);
    size_t begin = (1 + LARGE - WINDOW / CAP) * WINDOW; /* until each large one is in flight */
    size_t places = begin + 4 * TAIL;
    size_t large = among_first(places, LARGE * EACH);
    cr_expect_eq(places - large, TAIL, "%zu large ones among the first %zu", large, places);
    fixture_close();
}

Test(list_run, a_full_pool_says_so_and_calls_when_there_is_room)
{
    enum { POOL = 100, ALL = 1000 };
    fixture_open(VERIFY_OFFLINE, 10, 0, POOL);
    uint64_t next = 0;
    size_t rooms = 0;
    while (next < ALL) {
        while (next < ALL && add(next, "shop", next % 7))
            next++;
        next += next < ALL; /* the last one was taken too */
        cr_expect_leq(list_run_counts(fx.run).waiting, POOL);
        for (int turns = 0; next < ALL && fx.rooms == rooms && turns < GUARD_MS; turns++)
            run_for(1);
        rooms = fx.rooms;
    }
    cr_expect_geq(rooms, ALL / POOL - 1, "%zu times room", rooms);
    list_run_no_more(fx.run);
    run_for(GUARD_MS);
    expect_all_heard_once(ALL);
    fixture_close();
}

Test(list_run, long_items_fill_the_pool_by_their_size)
{
    enum { LEN = 1024 * 1024 };
    fixture_open(VERIFY_OFFLINE, 1, 0, 0);
    char *text = x_calloc(1, LEN);
    memset(text, 'x', LEN);
    uint64_t next = 0;
    list_run_hold(fx.run, true);
    while (next < 1000 && list_run_add(fx.run, next, text, LEN))
        next++;
    cr_expect_leq(next * LEN, (uint64_t)LIST_RUN_POOL_BYTES);
    free(text);
    list_run_stop(fx.run, 0);
    run_for(GUARD_MS);
    expect_all_heard_once(next + 1);
    fixture_close();
}

/* Some answered, some in flight, some waiting: each is heard of once, and in time. */
Test(list_run, a_stopped_run_hands_everything_back)
{
    enum { MUTE = 30, SHOP = 30, WINDOW = 40, CAP = 10, GRACE_MS = 200 };
    fixture_open(VERIFY_NO_SMTP, WINDOW, CAP, 0);
    for (uint64_t i = 0; i < MUTE; i++)
        add(i, "mute", 0);
    for (uint64_t i = 0; i < SHOP; i++)
        add(MUTE + i, "shop", i);
    for (int turns = 0; fx.count < SHOP && turns < GUARD_MS / 50; turns++)
        run_for(50);
    list_run_stop(fx.run, GRACE_MS);
    run_for(50);
    cr_expect_eq(fx.over, 0, "what is in flight has its time");
    cr_expect_eq(fx.unanswered, MUTE - CAP, "%d unanswered", fx.unanswered);
    run_for(GUARD_MS);
    expect_all_heard_once(MUTE + SHOP);
    cr_expect_eq(fx.unanswered, MUTE);
    fixture_close();
}

Test(list_run, held_starts_nothing)
{
    fixture_open(VERIFY_OFFLINE, 10, 0, 0);
    list_run_hold(fx.run, true);
    for (uint64_t i = 0; i < 20; i++)
        add(i, "shop", i);
    run_for(50);
    cr_expect_eq(list_run_counts(fx.run).waiting, 20);
    cr_expect_eq(fx.count, 0);
    list_run_hold(fx.run, false);
    list_run_no_more(fx.run);
    run_for(GUARD_MS);
    expect_all_heard_once(20);
    fixture_close();
}

/* An empty list ends, and a run may be thrown away at any moment. */
Test(list_run, ends_and_frees)
{
    static const int64_t moments_ms[] = {0, 1, 5, 20, 60};
    fixture_open(VERIFY_OFFLINE, 10, 0, 0);
    list_run_no_more(fx.run);
    run_for(GUARD_MS);
    expect_all_heard_once(0);
    fixture_close();
    for (size_t m = 0; m < COUNT_OF(moments_ms); m++) {
        fixture_open(VERIFY_NO_SMTP, 100, 0, 0);
        for (uint64_t i = 0; i < 1000; i++)
            add(i, i % 2 == 0 ? "mute" : "shop", i);
        run_for(moments_ms[m]);
        size_t count = fx.count;
        list_run_free(&fx.run);
        run_for(50);
        cr_expect_eq(fx.count, count);
        cr_expect_eq(fx.over, 0);
        fixture_close();
    }
}
