/* Shared sessions against mail hosts with habits: whatever these are, every recipient gets the
 * answer that the host has for it, once, and nobody's answer is lost to what happened to others.
 * "own..." domains receive their mail themselves, all others at one host. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/resource.h>

#include "base/xalloc.h"
#include "engine_house.h"
#include "verify/judge.h"
#include "verify/verify.h"

enum { CROWD = 120, MANY = 1500 };

static void script(const struct dns_ask *ask, struct packet *p)
{
    packet_start(p, ask->id, 0, ask->name, ask->type);
    if (ask->type == DNS_TYPE_MX)
        packet_mx(p, ask->name, 300, 10,
                  strncmp(ask->name, "own", 3) == 0 ? ask->name : "mx.one.example");
    else if (ask->type == DNS_TYPE_A)
        packet_a(p, ask->name, 300, INADDR_LOOPBACK);
    dns_server_send(ask, p);
}

struct item {
    struct verification *verification;
    int calls;
    struct facts *facts;
};

static struct fixture {
    struct engine_house house;
    struct item items[MANY];
    struct loop_timer *guard;
    int outstanding;
    bool first_cancels;
} fx;

static void fixture_settle(struct house_rules rules)
{
    engine_house_settle(&fx.house, rules, script);
}

static void fixture_start(void)
{
    engine_house_start(&fx.house);
}

static void fixture_open(struct house_rules rules)
{
    fixture_settle(rules);
    fixture_start();
}

static void fixture_close(void)
{
    for (size_t i = 0; i < MANY; i++)
        facts_free(&fx.items[i].facts);
    engine_house_close(&fx.house);
}

static void on_break(void *arg)
{
    (void)arg;
    fx.guard = NULL;
    loop_break(fx.house.loop);
}

static void cancel_all(void)
{
    for (size_t i = 0; i < CROWD; i++)
        if (fx.items[i].verification != NULL) {
            verify_cancel(&fx.items[i].verification);
            fx.outstanding--;
        }
}

static void on_done(struct facts *facts, void *arg)
{
    struct item *item = arg;
    item->calls++;
    facts_free(&item->facts);
    item->facts = facts;
    item->verification = NULL;
    fx.outstanding--;
    if (fx.first_cancels)
        cancel_all();
    if (fx.outstanding == 0)
        loop_break(fx.house.loop);
}

__attribute__((format(printf, 3, 4))) static void start(size_t i, bool patient, const char *fmt,
                                                        ...)
{
    char address[80];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(address, sizeof(address), fmt, ap);
    va_end(ap);
    const struct verify_request request = {
        .input = address, .input_len = strlen(address), .patient = patient};
    fx.outstanding++;
    fx.items[i].verification = verify_start(fx.house.engine, &request, on_done, &fx.items[i]);
}

static void run(void)
{
    fx.guard = loop_timer_add(fx.house.loop, 20000, on_break, NULL);
    loop_run(fx.house.loop);
    loop_timer_remove(&fx.guard);
    cr_expect_eq(fx.outstanding, 0, "%d without an answer", fx.outstanding);
}

/* The first `count` items, "yes..." every other; all have the verdict that is true. */
static void expect_truth(size_t count)
{
    size_t wrong = 0, first = 0;
    for (size_t i = count; i-- > 0;) {
        enum verdict_status want = i % 2 == 0 ? VERDICT_DELIVERABLE : VERDICT_UNDELIVERABLE;
        bool right = fx.items[i].calls == 1 && verdict_of(fx.items[i].facts).status == want;
        wrong += !right;
        first = right ? first : i;
    }
    cr_expect_eq(wrong, 0, "%zu of %zu wrong; item %zu: %d calls, %s", wrong, count, first,
                 fx.items[first].calls,
                 fx.items[first].facts != NULL
                     ? verdict_reason_name(verdict_of(fx.items[first].facts).reason)
                     : "-");
}

static void start_list(size_t count, size_t per_domain, bool patient)
{
    for (size_t i = 0; i < count; i++)
        start(i, patient, "%s%zu@shop%zu.example", i % 2 == 0 ? "yes" : "no", i, i / per_domain);
}

struct habit {
    const char *label;
    struct house_rules rules;
    size_t count, per_domain;
    bool patient;
    const char *operators; /* setting; "" */
};

static void play(const struct habit *habit)
{
    memset(&fx, 0, sizeof(fx));
    fixture_settle(habit->rules);
    fx.house.pace.operators = habit->operators != NULL ? habit->operators : "";
    fixture_start();
    start_list(habit->count, habit->per_domain, habit->patient);
    run();
    expect_truth(habit->count);
    fixture_close();
}

#define HABIT(name, ...)                                                 \
    Test(dispatch, name, .timeout = 60)                                  \
    {                                                                    \
        static const struct habit habit = {.label = #name, __VA_ARGS__}; \
        play(&habit);                                                    \
    }

HABIT(an_easy_host, .count = CROWD, .per_domain = 10, .patient = true)
HABIT(an_easy_host_for_the_hasty, .count = CROWD, .per_domain = 10)
HABIT(one_session_at_a_time, .rules = {.sessions = 1}, .count = CROWD, .per_domain = 10,
      .patient = true)
HABIT(one_session_at_a_time_for_the_hasty, .rules = {.sessions = 1}, .count = 40, .per_domain = 10)
HABIT(one_session_at_a_time_that_closes_late, .rules = {.sessions = 1, .close_ms = 60}, .count = 30,
      .per_domain = 10, .patient = true)
HABIT(one_session_that_closes_late_for_the_hasty, .rules = {.sessions = 1, .close_ms = 60},
      .count = 40, .per_domain = 10)
HABIT(three_sessions_at_a_time, .rules = {.sessions = 3}, .count = CROWD, .per_domain = 1,
      .patient = true)
HABIT(five_recipients_a_session, .rules = {.rcpts = 5}, .count = CROWD, .per_domain = 10,
      .patient = true)
HABIT(one_message_a_session, .rules = {.mails = 1}, .count = CROWD, .per_domain = 1,
      .patient = true)
HABIT(a_goodbye_after_the_first, .rules = {.goodbyes = 1}, .count = CROWD, .per_domain = 10,
      .patient = true)
HABIT(our_limit_is_one, .count = 20, .per_domain = 10, .patient = true,
      .operators = "one.example=5/1")
HABIT(a_slow_host, .rules = {.rcpt_ms = 200}, .count = 20, .per_domain = 10, .patient = true)

/* An owner that stops everything when its first answer comes. */
Test(dispatch, an_owner_cancels_all_others_from_a_callback, .timeout = 60)
{
    static const struct house_rules kinds[] = {{0}, {.takes_all = true}, {.mail_refused = true}};
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        memset(&fx, 0, sizeof(fx));
        fixture_open(kinds[k]);
        fx.first_cancels = true;
        for (size_t i = 0; i < CROWD; i++)
            start(i, i % 2 == 0, "yes%zu@shop%zu.example", i, i % 3);
        run();
        int calls = 0;
        for (size_t i = 0; i < CROWD; i++)
            calls += fx.items[i].calls;
        cr_expect_eq(calls, 1, "%d calls", calls);
        fixture_close();
    }
}

/* Whatever it does to us, everybody hears of it once, and it is not asked for ever: eight sessions
 * before it is asked in one at a time, as many as were under way then, and eight more. */
Test(dispatch, hosts_that_serve_nobody, .timeout = 60)
{
    static const struct {
        const char *label;
        struct house_rules rules;
        size_t per_domain;
    } rows[] = {
        {"hangs up at once", {.mute = true}, 10},
        {"greets and hangs up", {.greets = true}, 10},
        {"takes MAIL and hangs up", {.takes_mail = true}, 10},
        {"refuses MAIL", {.mail_refused = true}, 10},
        {"refuses MAIL of many", {.mail_refused = true}, 1},
    };
    for (size_t row = 0; row < COUNT_OF(rows); row++) {
        memset(&fx, 0, sizeof(fx));
        fixture_open(rows[row].rules);
        start_list(CROWD, rows[row].per_domain, true);
        run();
        for (size_t i = 0; i < CROWD; i++) {
            cr_expect_eq(fx.items[i].calls, 1, "%s: %d calls", rows[row].label, fx.items[i].calls);
            if (fx.items[i].facts != NULL)
                cr_expect_eq(verdict_of(fx.items[i].facts).status, VERDICT_UNKNOWN, "%s",
                             rows[row].label);
        }
        cr_expect_leq(house.sessions, 2 * 8 + 20, "%s: %d sessions", rows[row].label,
                      house.sessions);
        cr_expect_leq(house.worst_errors, 10, "%s: %d", rows[row].label, house.worst_errors);
        fixture_close();
    }
}

/* Recipients at which the host hangs up do not cost their neighbours anything. */
Test(dispatch, poison_among_many, .timeout = 60)
{
    memset(&fx, 0, sizeof(fx));
    fixture_open((struct house_rules){0});
    for (size_t i = 0; i < MANY; i++)
        start(i, true, "%s%zu@shop%zu.example", i % 7 == 5 ? "poison" : "yes", i, i / 30);
    run();
    for (size_t i = 0; i < MANY; i++) {
        enum verdict_status want = i % 7 == 5 ? VERDICT_UNKNOWN : VERDICT_DELIVERABLE;
        cr_expect_eq(fx.items[i].calls, 1, "item %zu: %d calls", i, fx.items[i].calls);
        if (fx.items[i].facts != NULL)
            cr_expect_eq(verdict_of(fx.items[i].facts).status, want, "item %zu", i);
    }
    fixture_close();
}

/* A busy host is left alone for a while between two tries. */
Test(dispatch, a_busy_host_is_not_pestered, .timeout = 60)
{
    memset(&fx, 0, sizeof(fx));
    fixture_open((struct house_rules){.busy = true});
    start(0, true, "yes@shop.example");
    fx.guard = loop_timer_add(fx.house.loop, 500, on_break, NULL);
    loop_run(fx.house.loop);
    loop_timer_remove(&fx.guard);
    cr_expect_eq(house.turned_away, 1, "%d tries at once", house.turned_away);
    run();
    cr_expect_eq(fx.items[0].calls, 1);
    fixture_close();
}

static void start_hasty(void *arg)
{
    (void)arg;
    start(1, false, "yes@shop.example");
}

/* A single check says that it is held back; it does not wait until its own time is up. */
Test(dispatch, a_long_pause_is_told_to_those_who_come_in_it, .timeout = 60)
{
    memset(&fx, 0, sizeof(fx));
    fixture_settle((struct house_rules){.shut = true});
    fx.house.pace.slow_down_ms = 30000;
    fixture_start();
    start(0, true, "yes@shop.example");
    loop_timer_add(fx.house.loop, 500, start_hasty, NULL);
    fx.guard = loop_timer_add(fx.house.loop, 5000, on_break, NULL);
    loop_run(fx.house.loop);
    loop_timer_remove(&fx.guard);
    cr_expect_eq(fx.items[1].calls, 1, "it still waits");
    cr_expect_eq(fx.items[0].calls, 0, "the patient one does not");
    if (fx.items[1].facts != NULL)
        cr_expect_gt(fx.items[1].facts->retry_after_s, 0);
    cancel_all();
    fixture_close();
}

/* More operators than sessions: those who wait for one are not asked again and again. */
Test(dispatch, a_crowd_waits_quietly, .timeout = 60)
{
    struct rlimit files, few;
    memset(&fx, 0, sizeof(fx));
    fixture_settle((struct house_rules){.rcpt_ms = 50});
    getrlimit(RLIMIT_NOFILE, &files);
    few = files;
    few.rlim_cur = 60; /* half of them for sessions */
    setrlimit(RLIMIT_NOFILE, &few);
    fixture_start();
    setrlimit(RLIMIT_NOFILE, &files);
    for (size_t i = 0; i < CROWD; i++)
        start(i, true, "%s%zu@own%zu.example", i % 2 == 0 ? "yes" : "no", i, i);
    run();
    expect_truth(CROWD);
    struct verify_stats stats;
    verify_stats(fx.house.engine, &stats);
    cr_expect_leq(house.most, 30 + 2, "%d at once", house.most); /* it hears of an end later */
    cr_expect_leq(stats.smtp.pace_sessions, 4 * CROWD);
    fixture_close();
}

/* Whoever somebody waits for does not stand behind a list, of the same domain or of others at the
 * same host. */
Test(dispatch, a_list_lets_others_pass, .timeout = 60)
{
    enum { LIST = 500 };
    fixture_settle((struct house_rules){.rcpt_ms = 1});
    fx.house.smtp.sessions_per_destination = 2;
    fx.house.verify.deadline_ms = 60000;
    fixture_start();
    for (size_t i = 0; i < LIST; i++)
        start(i, true, "no.%zu@%s%zu.example", i, i % 2 == 0 ? "shop" : "tail", i % 2 == 0 ? 0 : i);
    fx.guard = loop_timer_add(fx.house.loop, 100, on_break, NULL);
    loop_run(fx.house.loop);
    start(LIST, false, "yes@shop0.example");
    start(LIST + 1, false, "yes@another.example");
    size_t before = 0;
    run();
    cr_assert_eq(fx.outstanding, 0, "%d", fx.outstanding);
    int64_t latest = 0;
    for (size_t i = LIST; i < LIST + 2; i++) {
        int64_t over = fx.items[i].facts->at_us + fx.items[i].facts->ms * 1000;
        latest = over > latest ? over : latest;
    }
    for (size_t i = 0; i < LIST; i++)
        before += fx.items[i].facts->at_us + fx.items[i].facts->ms * 1000 < latest;
    cr_expect_lt(before, LIST / 2, "%zu of the list came first", before);
    fixture_close();
}
