/* Searches against a mail host that knows one person: what is asked, in how many sessions, when it
 * stops, and what is said where the host tells nothing. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine_house.h"
#include "find/finder.h"
#include "find/lead.h"
#include "verify/judge.h"

/* "gone..." does not exist, "nomx..." has a null MX, "mute..." is never answered about; all others
 * receive their mail at the house, "brook..." by another name of it. */
static void script(const struct dns_ask *ask, struct packet *p)
{
    if (strncmp(ask->name, "mute", 4) == 0)
        return;
    packet_start(p, ask->id, 0, ask->name, ask->type);
    if (strncmp(ask->name, "gone", 4) == 0) {
        p->data[3] |= PACKET_NXDOMAIN;
        packet_soa(p, "com", 100, 100);
    } else if (ask->type == DNS_TYPE_MX) {
        packet_mx(p, ask->name, 300, 0,
                  strncmp(ask->name, "nomx", 4) == 0    ? ""
                  : strncmp(ask->name, "brook", 5) == 0 ? "mx.brook-mail.net"
                                                        : "mx.quarry-mail.net");
    } else if (ask->type == DNS_TYPE_A) {
        packet_a(p, ask->name, 300, INADDR_LOOPBACK);
    }
    dns_server_send(ask, p);
}

static struct fixture {
    struct engine_house house;
    struct pattern_book *book;
    struct finder *finder;
    struct loop_timer *guard;
    struct arena *arena;
    int outstanding;
} fx;

struct answer {
    struct find *find;
    int calls;
    struct facts *facts;
};

static void fixture_open_with(struct house_rules rules, int errors_per_session,
                              int rcpts_per_session)
{
    memset(&fx, 0, sizeof(fx));
    engine_house_settle(&fx.house, rules, script);
    fx.house.smtp.errors_per_session = errors_per_session;
    fx.house.smtp.rcpts_per_session = rcpts_per_session;
    engine_house_start(&fx.house);
    fx.arena = arena_new();
    fx.book = pattern_book_new(100, 60000);
    const struct finder_config config = {
        .loop = fx.house.loop, .engine = fx.house.engine, .book = fx.book};
    fx.finder = finder_new(&config);
}

static void fixture_open(struct house_rules rules)
{
    fixture_open_with(rules, 9, 50);
}

static void fixture_close(void)
{
    finder_free(&fx.finder);
    pattern_book_free(&fx.book);
    arena_free(&fx.arena);
    engine_house_close(&fx.house);
}

static void on_found(struct facts *facts, void *arg)
{
    struct answer *answer = arg;
    answer->calls++;
    answer->facts = facts;
    answer->find = NULL;
    if (--fx.outstanding == 0)
        loop_break(fx.house.loop);
}

static void start(struct answer *answer, const char *first, const char *last, const char *domain,
                  bool patient, int64_t deadline_ms)
{
    struct lead lead;
    struct strbuf text = {0};
    lead_make(fx.arena, first, strlen(first), last, strlen(last), domain, strlen(domain), &lead);
    lead_write(&lead, &text);
    const struct find_request request = {
        .text = text.data, .len = text.len, .patient = patient, .deadline_ms = deadline_ms};
    *answer = (struct answer){0};
    fx.outstanding++;
    answer->find = find_start(fx.finder, &request, on_found, answer);
    strbuf_free(&text);
}

static void on_guard(void *arg)
{
    (void)arg;
    fx.guard = NULL;
    loop_break(fx.house.loop);
}

static void run(void)
{
    fx.guard = loop_timer_add(fx.house.loop, 20000, on_guard, NULL);
    loop_run(fx.house.loop);
    loop_timer_remove(&fx.guard);
    cr_expect_eq(fx.outstanding, 0, "%d without an answer", fx.outstanding);
}

static struct answer find(const char *first, const char *last, const char *domain)
{
    struct answer answer;
    start(&answer, first, last, domain, false, 15000);
    run();
    cr_assert_eq(answer.calls, 1);
    cr_assert(answer.facts->found.searched);
    return answer;
}

static void expect_found(const char *label, const struct facts *facts, const char *email,
                         enum found_confidence confidence, enum found_source source)
{
    const struct found_facts *found = &facts->found;
    cr_expect_eq(found->confidence, confidence, "%s: confidence %d", label, found->confidence);
    cr_expect_eq(found->source, source, "%s: source %d", label, found->source);
    cr_expect_eq(found->reason, FOUND_UNEXPLAINED, "%s: reason %d", label, found->reason);
    cr_assert_not_null(found->email, "%s", label);
    cr_expect_str_eq(found->email, email, "%s: %s", label, found->email);
    cr_expect_not_null(found->pattern, "%s", label);
}

static void expect_nothing(const char *label, const struct facts *facts, enum found_reason reason)
{
    const struct found_facts *found = &facts->found;
    cr_expect_eq(found->confidence, FOUND_NOTHING, "%s: confidence %d", label, found->confidence);
    cr_expect_eq(found->reason, reason, "%s: reason %d", label, found->reason);
    cr_expect_null(found->email, "%s: %s", label, found->email);
    cr_expect_null(found->pattern, "%s", label);
}

static size_t candidates(struct candidate out[CANDIDATES_MAX])
{
    struct lead lead;
    lead_make(fx.arena, "John", 4, "Doe", 3, "quarry.com", 10, &lead);
    return candidates_of(&lead.person, NULL, 0, FIND_CANDIDATES, out);
}

/* Whichever of the ten it is: it is found, in at most two sessions, and nobody is asked about what
 * lies behind its batch but what was asked ahead of time. */
Test(finder, each_pattern, .timeout = 60)
{
    for (size_t hit = 0; hit < FIND_CANDIDATES; hit++) {
        struct candidate all[CANDIDATES_MAX];
        char email[100], label[20];
        fx.arena = arena_new();
        size_t count = candidates(all);
        arena_free(&fx.arena);
        cr_assert_eq(count, FIND_CANDIDATES);
        fixture_open((struct house_rules){.only = all[hit].local});
        struct answer answer = find("John", "Doe", "quarry.com");
        snprintf(email, sizeof(email), "%s@quarry.com", all[hit].local);
        snprintf(label, sizeof(label), "candidate %zu", hit);
        expect_found(label, answer.facts, email, FOUND_HIGH, FOUND_BY_SMTP);
        cr_expect_str_eq(answer.facts->found.pattern, pattern_name(all[hit].pattern));
        cr_expect_eq(verdict_of(answer.facts).reason, REASON_ACCEPTED);
        int rcpts = atomic_load(&house.rcpts), sessions = atomic_load(&house.sessions);
        cr_expect_leq(sessions, 2, "%s: %d sessions", label, sessions);
        if (hit < FIND_BATCH)
            cr_expect(rcpts == FIND_BATCH + 1 && sessions == 1, "%s: %d recipients, %d sessions",
                      label, rcpts, sessions);
        cr_expect_leq(rcpts, FIND_CANDIDATES + 1, "%s: %d recipients", label, rcpts);
        cr_expect_leq(atomic_load(&house.worst_errors), 9, "%s", label);
        facts_free(&answer.facts);
        fixture_close();
    }
}

Test(finder, nobody, .timeout = 60)
{
    fixture_open((struct house_rules){.only = "somebody.else"});
    struct answer answer = find("John", "Doe", "quarry.com");
    expect_nothing("nobody", answer.facts, FOUND_NO_MATCH);
    cr_expect_eq(answer.facts->found.asked, FIND_CANDIDATES);
    cr_expect_eq(verdict_of(answer.facts).status, VERDICT_UNDELIVERABLE);
    cr_expect_eq(atomic_load(&house.sessions), 2, "%d", house.sessions);
    cr_expect_eq(atomic_load(&house.rcpts), FIND_CANDIDATES + 1, "%d", house.rcpts);
    facts_free(&answer.facts);
    fixture_close();
}

/* Two domains of one host, in the same sessions: a made-up one each, and no more. */
Test(finder, two_domains_of_a_host, .timeout = 60)
{
    struct answer answers[2];
    fixture_open_with((struct house_rules){.only = "somebody.else"}, 40, 50);
    start(&answers[0], "John", "Doe", "quarry.com", true, 15000);
    start(&answers[1], "John", "Doe", "shop.com", true, 15000);
    run();
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        expect_nothing("two", answers[i].facts, FOUND_NO_MATCH);
        facts_free(&answers[i].facts);
    }
    cr_expect_eq(atomic_load(&house.rcpts), 2 * (FIND_CANDIDATES + 1), "%d", house.rcpts);
    cr_expect_leq(atomic_load(&house.sessions), 2, "%d", house.sessions);
    fixture_close();
}

/* The session waits for the next batch: a list's search has no second one before it must. */
Test(finder, patient, .timeout = 60)
{
    fixture_open((struct house_rules){.only = "somebody.else"});
    struct answer answer;
    start(&answer, "John", "Doe", "quarry.com", true, 15000);
    run();
    expect_nothing("patient", answer.facts, FOUND_NO_MATCH);
    cr_expect_eq(atomic_load(&house.sessions), 2, "%d", house.sessions);
    facts_free(&answer.facts);
    fixture_close();
}

#define LABEL_60 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-abcdef"

static const struct {
    const char *label, *first, *last, *domain;
    enum found_reason reason;
} hopeless[] = {
    {"as long as a domain may be", "John", "Doe",
     "gone." LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 ".com", FOUND_NO_MX},
    {"no domain", "John", "Doe", "gone.com", FOUND_NO_MX},
    {"null MX", "John", "Doe", "nomx.com", FOUND_NO_MX},
    {"disposable", "John", "Doe", "mailinator.com", FOUND_DISPOSABLE},
    {"no name in ASCII", "!!!", "", "quarry.com", FOUND_NO_MATCH},
    {"no domain by its form", "John", "Doe", "no domain", FOUND_NO_MX},
    {"a silent name server", "John", "Doe", "mute.com", FOUND_UNEXPLAINED},
};

Test(finder, without_a_mail_server, .timeout = 60)
{
    fixture_open((struct house_rules){0});
    for (size_t i = 0; i < COUNT_OF(hopeless); i++) {
        struct answer answer = find(hopeless[i].first, hopeless[i].last, hopeless[i].domain);
        expect_nothing(hopeless[i].label, answer.facts, hopeless[i].reason);
        cr_expect_eq(answer.facts->found.asked, 0);
        facts_free(&answer.facts);
    }
    cr_expect_eq(atomic_load(&house.sessions), 0);
    fixture_close();
}

static void teach(const char *pattern, uint32_t confirmed)
{
    struct pattern_counts counts = {0};
    counts.of[pattern_find(pattern)] = confirmed;
    pattern_book_teach(fx.book, "quarry.com", &counts);
}

static const struct {
    const char *label;
    struct house_rules rules;
    uint32_t flast; /* confirmations of a pattern */
    enum found_confidence confidence;
    enum found_reason reason; /* when nothing is found */
} silent[] = {
    {"catch-all", {.takes_all = true}, 0, FOUND_NOTHING, FOUND_CATCH_ALL},
    {"catch-all, a pattern seen once", {.takes_all = true}, 1, FOUND_LOW, 0},
    {"catch-all, a pattern seen twice", {.takes_all = true}, 2, FOUND_MEDIUM, 0},
    {"refuses us", {.mail_refused = true}, 0, FOUND_NOTHING, FOUND_UNEXPLAINED},
    {"refuses us, a pattern is known", {.mail_refused = true}, 1, FOUND_MEDIUM, 0},
    {"hangs up", {.mute = true}, 0, FOUND_NOTHING, FOUND_UNEXPLAINED},
};

Test(finder, where_servers_tell_nothing, .timeout = 60)
{
    for (size_t i = 0; i < COUNT_OF(silent); i++) {
        const char *label = silent[i].label;
        fixture_open(silent[i].rules);
        if (silent[i].flast > 0)
            teach("flast", silent[i].flast);
        struct answer answer = find("John", "Doe", "quarry.com");
        if (silent[i].confidence != FOUND_NOTHING)
            expect_found(label, answer.facts, "jdoe@quarry.com", silent[i].confidence,
                         FOUND_BY_PATTERN);
        else
            expect_nothing(label, answer.facts, silent[i].reason);
        cr_expect_leq(atomic_load(&house.rcpts), FIND_BATCH + 1, "%s: %d", label, house.rcpts);
        facts_free(&answer.facts);
        fixture_close();
    }
}

/* A domain that is known to take everything is not asked again. */
Test(finder, a_known_catch_all_is_not_asked, .timeout = 60)
{
    fixture_open((struct house_rules){.takes_all = true});
    struct answer first = find("John", "Doe", "quarry.com");
    int rcpts = atomic_load(&house.rcpts);
    struct answer second = find("Jane", "Roe", "quarry.com");
    expect_nothing("again", second.facts, FOUND_CATCH_ALL);
    cr_expect_eq(atomic_load(&house.rcpts), rcpts);
    cr_expect_eq(second.facts->found.asked, 0);
    facts_free(&first.facts);
    facts_free(&second.facts);
    fixture_close();
}

/* What one search has shown, the next begins with. */
Test(finder, what_is_learnt_comes_first, .timeout = 60)
{
    fixture_open((struct house_rules){.only = "doe"}); /* behind the first batch */
    struct answer first = find("John", "Doe", "quarry.com");
    expect_found("first", first.facts, "doe@quarry.com", FOUND_HIGH, FOUND_BY_SMTP);
    house.rules.only = "roe";
    int rcpts = atomic_load(&house.rcpts);
    struct answer second = find("Jane", "Roe", "quarry.com");
    expect_found("second", second.facts, "roe@quarry.com", FOUND_HIGH, FOUND_BY_PATTERN);
    cr_expect_leq(atomic_load(&house.rcpts) - rcpts, FIND_BATCH + 1);
    facts_free(&first.facts);
    facts_free(&second.facts);
    fixture_close();
}

/* One candidate that is told to come again leaves the question open, also when all others are
 * refused; and it says when. */
Test(finder, greylisted, .timeout = 60)
{
    fixture_open((struct house_rules){.only = "somebody.else", .later = "jdoe"});
    struct answer answer = find("John", "Doe", "quarry.com");
    expect_nothing("greylisted", answer.facts, FOUND_UNEXPLAINED);
    cr_expect_eq(verdict_of(answer.facts).status, VERDICT_UNKNOWN);
    cr_expect_gt(answer.facts->retry_after_s, 0);
    facts_free(&answer.facts);
    fixture_close();
}

/* Of two that leave it open the one that says when to ask again is told, wherever it stands. */
Test(finder, greylisted_beside_one_who_will_not_say, .timeout = 60)
{
    fixture_open(
        (struct house_rules){.only = "somebody.else", .odd = "john.doe", .later = "j.doe"});
    struct answer answer = find("John", "Doe", "quarry.com");
    expect_nothing("greylisted", answer.facts, FOUND_UNEXPLAINED);
    cr_expect_gt(answer.facts->retry_after_s, 0);
    facts_free(&answer.facts);
    fixture_close();
}

Test(finder, no_lead, .timeout = 60)
{
    static const char *const texts[] = {"", "x", "a@b", "\t\t\t\t\t\t@quarry.com", "@", "\xFF\t@"};
    fixture_open((struct house_rules){0});
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct answer answer = {0};
        const struct find_request request = {
            .text = texts[i], .len = strlen(texts[i]), .deadline_ms = 15000};
        fx.outstanding++;
        find_start(fx.finder, &request, on_found, &answer);
        run();
        cr_expect_eq(answer.calls, 1);
        cr_expect(answer.facts->found.searched && answer.facts->found.confidence == FOUND_NOTHING);
        facts_free(&answer.facts);
    }
    fixture_close();
}

static void on_cancel(void *arg)
{
    struct answer *answer = arg;
    fx.guard = NULL;
    if (answer->find != NULL) {
        find_cancel(&answer->find);
        fx.outstanding--;
    }
    loop_break(fx.house.loop);
}

/* At any moment; the engine has nothing in flight afterwards. */
Test(finder, cancelled, .timeout = 60)
{
    for (int64_t ms = 0; ms < 60; ms += 3) {
        struct answer answer;
        struct verify_stats stats;
        fixture_open((struct house_rules){.only = "somebody.else", .rcpt_ms = 3});
        start(&answer, "John", "Doe", "quarry.com", ms % 2 == 0, 15000);
        fx.guard = loop_timer_add(fx.house.loop, ms, on_cancel, &answer);
        loop_run(fx.house.loop);
        loop_timer_remove(&fx.guard); /* it may have been found before */
        cr_expect_leq(answer.calls, 1);
        verify_stats(fx.house.engine, &stats);
        cr_expect_eq(stats.in_flight, 0);
        facts_free(&answer.facts);
        fixture_close();
    }
}

/* And with searches under way: nothing is told any more. */
Test(finder, freed_in_flight, .timeout = 60)
{
    struct answer answers[20];
    fixture_open((struct house_rules){.only = "somebody.else", .rcpt_ms = 20});
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        start(&answers[i], "John", "Doe", i % 2 == 0 ? "quarry.com" : "brook.com", i % 3 == 0,
              15000);
    fx.guard = loop_timer_add(fx.house.loop, 40, on_guard, NULL);
    loop_run(fx.house.loop);
    loop_timer_remove(&fx.guard);
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        facts_free(&answers[i].facts);
    fixture_close();
}

/* Time that is up is told like any silence. */
Test(finder, deadline, .timeout = 60)
{
    struct answer answer;
    fixture_open((struct house_rules){.only = "somebody.else", .rcpt_ms = 3000});
    teach("flast", 1);
    start(&answer, "John", "Doe", "quarry.com", false, 300);
    run();
    expect_found("deadline", answer.facts, "jdoe@quarry.com", FOUND_MEDIUM, FOUND_BY_PATTERN);
    facts_free(&answer.facts);
    fixture_close();
}

/* ---- pages, for lists ---- */

enum { LEADS = 120, LOOKUPS_MAX = 4 * LEADS };
static struct {
    web_resolved_fn *done[LOOKUPS_MAX];
    void *arg[LOOKUPS_MAX];
    size_t count;
} lookups;

static void never_resolve(const char *host, web_resolved_fn *done, void *done_arg, void *arg)
{
    (void)host, (void)arg;
    cr_assert_lt(lookups.count, LOOKUPS_MAX);
    lookups.done[lookups.count] = done;
    lookups.arg[lookups.count++] = done_arg;
}

static void on_look(void *arg)
{
    size_t *want = arg;
    fx.guard = NULL;
    if (lookups.count >= *want)
        loop_break(fx.house.loop);
    else
        fx.guard = loop_timer_add(fx.house.loop, 5, on_look, want);
}

/* Until so many have been asked for, and then for a moment that would show more. */
static void run_until(size_t want)
{
    fx.guard = loop_timer_add(fx.house.loop, 0, on_look, &want);
    loop_run(fx.house.loop);
    fx.guard = loop_timer_add(fx.house.loop, 50, on_guard, NULL);
    loop_run(fx.house.loop);
}

/* A list at a domain that takes everything does not ask for all its pages at once; whoever waits
 * for them in person need not wait for the list. */
Test(finder, pages_for_lists, .timeout = 60)
{
    static struct answer answers[LEADS];
    const struct find_settings settings = {.gravatar_url = "",
                                           .scrape = true,
                                           .allow_networks = "",
                                           .ca_file = "",
                                           .web_timeout_ms = 60000,
                                           .page_max = 1000,
                                           .https_port = 443,
                                           .http_port = 80};
    char why[256] = "";
    fixture_open((struct house_rules){.takes_all = true});
    const struct find_web_config config = {
        .loop = fx.house.loop, .settings = &settings, .resolve = never_resolve};
    struct find_web *web = find_web_new(&config, why, sizeof(why));
    cr_assert_not_null(web, "%s", why);
    finder_free(&fx.finder);
    const struct finder_config with = {
        .loop = fx.house.loop, .engine = fx.house.engine, .web = web, .book = fx.book};
    fx.finder = finder_new(&with);
    for (size_t i = 0; i < LEADS - 1; i++)
        start(&answers[i], "John", "Doe", "quarry.com", true, 60000);
    run_until(4 * FIND_LOOKS);
    cr_expect_eq(lookups.count, 4 * FIND_LOOKS, "%zu", lookups.count);
    start(&answers[LEADS - 1], "Jane", "Roe", "quarry.com", false, 60000);
    run_until(4 * (FIND_LOOKS + 1));
    cr_expect_eq(lookups.count, 4 * (FIND_LOOKS + 1), "%zu", lookups.count);
    for (size_t i = 0; i < LEADS / 2; i++) /* some of them look, some wait */
        find_cancel(&answers[i].find);
    cr_expect_geq(lookups.count, 4 * (FIND_LOOKS + 2), "nobody's turn came");
    finder_free(&fx.finder);
    find_web_free(&web);
    for (size_t i = 0; i < lookups.count; i++)
        lookups.done[i](NULL, 0, lookups.arg[i]);
    fixture_close();
}

/* Many at once, at a few domains: each its own answer. */
Test(finder, many_at_once, .timeout = 60)
{
    enum { MANY = 60 };
    static struct answer answers[MANY];
    fixture_open((struct house_rules){.only = "john.doe"});
    for (size_t i = 0; i < MANY; i++) {
        const char *domain = arena_printf(fx.arena, "shop%zu.com", i % 7);
        start(&answers[i], "John", i % 2 == 0 ? "Doe" : "Roe", domain, i % 3 != 0, 15000);
    }
    run();
    for (size_t i = 0; i < MANY; i++) {
        char email[60], label[20];
        snprintf(email, sizeof(email), "john.doe@shop%zu.com", i % 7);
        snprintf(label, sizeof(label), "search %zu", i);
        enum found_source source = answers[i].facts->found.source;
        cr_expect_eq(answers[i].calls, 1);
        if (i % 2 == 0)
            expect_found(label, answers[i].facts, email, FOUND_HIGH, source);
        else
            expect_nothing(label, answers[i].facts, FOUND_NO_MATCH);
        facts_free(&answers[i].facts);
    }
    fixture_close();
}

/* What the server has refused is not guessed at, whatever speaks for it. */
Test(finder, who_was_refused_is_not_guessed, .timeout = 60)
{
    fixture_open((struct house_rules){.only = "somebody.else", .later = "doe"});
    teach("flast", 2);
    struct answer answer = find("John", "Doe", "quarry.com");
    expect_nothing("refused", answer.facts, FOUND_UNEXPLAINED);
    cr_expect_gt(answer.facts->retry_after_s, 0);
    facts_free(&answer.facts);
    fixture_close();
}

/* Whose only candidate is accepted is confirmed by what is known of the domain. */
Test(finder, one_candidate_at_a_known_domain, .timeout = 60)
{
    fixture_open((struct house_rules){.only = "john.doe"});
    struct answer first = find("John", "Doe", "quarry.com");
    house.rules.only = "jane";
    int rcpts = atomic_load(&house.rcpts);
    struct answer second = find("Jane", "", "quarry.com");
    expect_found("known", second.facts, "jane@quarry.com", FOUND_HIGH, FOUND_BY_SMTP);
    cr_expect_eq(atomic_load(&house.rcpts) - rcpts, 1, "%d", house.rcpts - rcpts);
    facts_free(&first.facts);
    facts_free(&second.facts);
    fixture_close();
}

static const struct {
    const char *label;
    struct house_rules rules;
    int errors_per_session, rcpts_per_session;
} generous[] = {
    {"takes four in a session", {.takes_all = true, .rcpts = 4}, 9, 50},
    {"takes two in a session", {.takes_all = true, .rcpts = 2}, 9, 50},
    {"takes one in a session", {.takes_all = true, .rcpts = 1}, 9, 50},
    {"says goodbye to the second", {.takes_all = true, .goodbyes = 1}, 9, 50},
    {"says goodbye to the second, always", {.takes_all = true, .goodbyes = 100}, 9, 50},
    {"one error in a session", {.takes_all = true}, 1, 50},
    {"two errors in a session", {.takes_all = true}, 2, 50},
    {"one recipient in a session", {.takes_all = true}, 9, 1},
    {"one of them later", {.takes_all = true, .later = "john.doe"}, 9, 50},
};

/* A host that takes everybody has confirmed nobody, whether or not a made-up one could be asked. */
Test(finder, nobody_is_confirmed_by_who_takes_all, .timeout = 120)
{
    for (size_t i = 0; i < COUNT_OF(generous); i++) {
        fixture_open_with(generous[i].rules, generous[i].errors_per_session,
                          generous[i].rcpts_per_session);
        struct answer answer = find("John", "Doe", "quarry.com");
        const struct found_facts *found = &answer.facts->found;
        cr_expect_neq(found->confidence, FOUND_HIGH, "%s: %s", generous[i].label, found->email);
        struct pattern_counts counts;
        int order[PATTERNS_MAX];
        cr_expect_eq(pattern_book_of_domain(fx.book, "quarry.com", order, &counts), 0, "%s",
                     generous[i].label);
        facts_free(&answer.facts);
        fixture_close();
    }
}

static void on_found_cancel_other(struct facts *facts, void *arg)
{
    struct answer *answer = arg, *other = answer + 1;
    find_cancel(&other->find);
    answer->facts = facts;
    loop_break(fx.house.loop);
}

/* The loop stops in the turn that has told the owner, when nothing has been looked at since, and
 * another session has still to say goodbye. */
Test(finder, the_end_right_behind_the_answer, .timeout = 60)
{
    struct answer answers[2] = {0};
    fixture_open((struct house_rules){.only = "john.doe", .rcpt_ms = 20});
    start(&answers[1], "Jane", "Roe", "brook.com", false, 15000);
    const struct find_request request = {
        .text = "John\tDoe\tjohn\tdoe\t\t@quarry.com", .len = 30, .deadline_ms = 15000};
    find_start(fx.finder, &request, on_found_cancel_other, &answers[0]);
    fx.guard = loop_timer_add(fx.house.loop, 20000, on_guard, NULL);
    loop_run(fx.house.loop);
    loop_timer_remove(&fx.guard);
    cr_assert_not_null(answers[0].facts);
    finder_free(&fx.finder);
    verify_engine_farewell(fx.house.engine);
    facts_free(&answers[0].facts);
    fixture_close();
}
