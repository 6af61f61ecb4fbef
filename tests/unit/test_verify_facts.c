/* test_verify_facts.c - what the engine asks of DNS, counted: nothing that is known, everything
 * anew with `refresh`, DKIM only when it is wanted; and what one engine learns another may be
 * taught.  The resolver caches nothing here; nobody listens at the mail host. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "dns_server.h"
#include "verify/verify.h"
#include "pace_file.h"

enum { PATIENCE_MS = 60000 };

/* Domains have one mail host; DKIM keys are under "google". */
static const char dbl[] = ".dbl.example.net", mute[] = ".mute.example.net";

static bool ends_in(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

/* One list has example.com, the other never answers. */
static void script(const struct dns_ask *ask, struct packet *p)
{
    if (ends_in(ask->name, mute))
        return;
    packet_start(p, ask->id, 0, ask->name, ask->type);
    if (ends_in(ask->name, dbl)) {
        if (strncmp(ask->name, "example.com.", 12) == 0)
            packet_a(p, ask->name, 200, INADDR_LOOPBACK + 1);
        else
            packet_soa(p, "example.net", 200, 200);
    } else if (strncmp(ask->name, "gone.", 5) == 0) {
        p->data[3] |= PACKET_NXDOMAIN;
        packet_soa(p, "example.com", 100, 100);
    } else if (strncmp(ask->name, "google._domainkey.", 18) == 0) {
        packet_txt(p, ask->name, 300, "v=DKIM1; p=MIGf");
    } else if (ask->type == DNS_TYPE_TXT) {
        packet_txt(p, ask->name, 300, "v=spf1 -all");
    } else if (ask->type == DNS_TYPE_MX) {
        bool thrown_away = strncmp(ask->name, "lent.", 5) == 0 || ends_in(ask->name, "yopmail.com");
        packet_mx(p, ask->name, 300, 10,
                  thrown_away ? "smtp.yopmail.com" : "mx.quarry.example.com");
    } else if (ask->type == DNS_TYPE_A) {
        packet_a(p, ask->name, 300, INADDR_LOOPBACK);
    }
    dns_server_send(ask, p);
}

static struct dns_server dns;
static struct lists_settings own_lists = {
    .domain_block_lists = "", .spam_traps = "", .disposable = ""};
static bool want_lists;
static char servers[64];

/* An engine as one process has it, and what it told others. */
struct process {
    struct loop *loop;
    struct verify_engine *engine;
    struct arena *arena;
    struct domain_facts domain;
    struct host_facts host;
    int domains, hosts;
};

static void on_domain(const struct domain_facts *facts, void *arg)
{
    struct process *process = arg;
    domain_facts_copy(process->arena, &process->domain, facts);
    process->domains++;
}

static void on_host(const struct host_facts *facts, void *arg)
{
    struct process *process = arg;
    process->host = *facts;
    process->host.host = arena_strdup(process->arena, facts->host);
    process->hosts++;
}

static void process_open(struct process *process)
{
    char why[160] = "";
    *process = (struct process){.loop = loop_new(), .arena = arena_new()};
    static struct pace_settings pace;
    pace = pace_file_settings();
    const struct verify_config config = {.loop = process->loop,
                                         .verify = &verify_settings,
                                         .smtp = &smtp_settings,
                                         .dns = &dns_settings,
                                         .pace = &pace,
                                         .lists = &own_lists,
                                         .domain_learnt = on_domain,
                                         .host_learnt = on_host,
                                         .learnt_arg = process};
    process->engine = verify_engine_new(&config, why, sizeof(why));
    cr_assert_not_null(process->engine, "%s", why);
}

static void process_close(struct process *process)
{
    verify_engine_free(&process->engine);
    pace_file_remove();
    loop_free(&process->loop);
    arena_free(&process->arena);
}

static void world_open(void)
{
    dns_server_start(&dns, 0, script);
    snprintf(servers, sizeof(servers), "127.0.0.1:%u", dns.port);
    settings_defaults(&verify_settings_table);
    settings_defaults(&smtp_settings_table);
    settings_defaults(&dns_settings_table);
    dns_settings = (struct dns_settings){.servers = servers,
                                         .timeout_ms = PATIENCE_MS,
                                         .tries = 1,
                                         .cache_entries = 0,
                                         .max_in_flight = 1000};
    verify_settings.deadline_ms = PATIENCE_MS;
    smtp_settings.helo_name = "probe.example.org";
    smtp_settings.allow_networks = "127.0.0.0/8";
    smtp_settings.port = dns_server_dead_port();
}

struct answer {
    struct loop *loop;
    struct facts *facts;
};

static void on_done(struct facts *facts, void *arg)
{
    struct answer *answer = arg;
    answer->facts = facts;
    loop_break(answer->loop);
}

/* How many questions it cost. */
static size_t cost(struct process *process, const char *address, enum verify_depth depth,
                   bool refresh, bool dkim, struct facts **facts)
{
    struct answer answer = {.loop = process->loop};
    size_t before = dns_server_total(&dns);
    const struct verify_request request = {.input = address,
                                           .input_len = strlen(address),
                                           .depth = depth,
                                           .refresh = refresh,
                                           .dkim = dkim,
                                           .block_lists = want_lists};
    verify_start(process->engine, &request, on_done, &answer);
    loop_run(process->loop);
    cr_assert_not_null(answer.facts);
    if (facts != NULL)
        *facts = answer.facts;
    else
        facts_free(&answer.facts);
    return dns_server_total(&dns) - before;
}

static const struct {
    const char *label, *address;
    enum verify_depth depth;
    bool refresh, dkim;
    int64_t shift_s;
    size_t questions;
} rows[] = {
    {"cold", "ann@quarry.example.com", VERIFY_FULL, false, false, 0, 5},
    {"known", "bob@quarry.example.com", VERIFY_FULL, false, false, 0, 0},
    {"known, no SMTP", "bob@quarry.example.com", VERIFY_NO_SMTP, false, false, 0, 0},
    {"refresh", "ann@quarry.example.com", VERIFY_FULL, true, false, 0, 5},
    {"DKIM wanted", "ann@quarry.example.com", VERIFY_FULL, false, true, 0, 16},
    {"DKIM known", "bob@quarry.example.com", VERIFY_FULL, false, true, 0, 0},
    {"over", "bob@quarry.example.com", VERIFY_FULL, false, false, 301, 5},
    {"another's host is known", "ann@marble.example.com", VERIFY_FULL, false, false, 0, 4},
    {"dead", "ann@gone.example.com", VERIFY_FULL, false, false, 0, 4},
    {"known to be dead", "bob@gone.example.com", VERIFY_FULL, false, false, 0, 0},
    {"dead, refresh", "bob@gone.example.com", VERIFY_FULL, true, false, 0, 4},
    {"dead for long enough", "bob@gone.example.com", VERIFY_FULL, false, false, 101, 4},
};

Test(verify_facts, what_is_known_is_not_asked)
{
    struct process process;
    world_open();
    process_open(&process);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        clock_test_shift(rows[i].shift_s * 1000);
        size_t questions =
            cost(&process, rows[i].address, rows[i].depth, rows[i].refresh, rows[i].dkim, NULL);
        cr_expect_eq(questions, rows[i].questions, "%s: %zu", rows[i].label, questions);
    }
    process_close(&process);
    dns_server_stop(&dns);
}

Test(verify_facts, a_warm_answer_equals_a_cold_one)
{
    struct process process;
    struct facts *cold, *warm;
    world_open();
    process_open(&process);
    cost(&process, "ann@quarry.example.com", VERIFY_FULL, false, true, &cold);
    cost(&process, "ann@quarry.example.com", VERIFY_FULL, false, true, &warm);
    cr_expect(!cold->dns_known && warm->dns_known && !warm->from_cache);
    cr_expect_eq(cold->dns.dkim, PRESENCE_YES);
    cr_expect_eq(cold->dns.dkim_selectors, 2U);
    cr_expect_eq(warm->dns.dkim_selectors, 2U);
    cr_expect(cold->dns.spf == warm->dns.spf && cold->dns.dmarc == warm->dns.dmarc);
    cr_expect(cold->dns.a_record == warm->dns.a_record && warm->dns.mx_count == 1);
    cr_expect_str_eq(cold->dns.mx[0].name, warm->dns.mx[0].name);
    cr_expect_eq(cold->smtp.connect, CONNECT_REFUSED);
    cr_expect_eq(warm->smtp.connect, CONNECT_REFUSED);
    facts_free(&cold);
    facts_free(&warm);
    process_close(&process);
    dns_server_stop(&dns);
}

/* No list has the domain that points at a known host; what the operator knows decides over both. */
static const struct {
    const char *own, *address; /* the operator's rows; NULL: no file */
    double confidence;
    bool by_mx;
} disposables[] = {
    {NULL, "ann@quarry.example.com", 0, false},
    {NULL, "ann@lent.example.com", .95, true},
    {NULL, "ann@mail.yopmail.com", .95, false},
    {"", "ann@lent.example.com", .95, true},
    {"", "ann@mail.yopmail.com", .95, false},
    {"quarry.example.com 0.8\n", "ann@quarry.example.com", .8, false},
    {"mx.quarry.example.com 0.8\n", "ann@marble.example.com", .8, true},
    {"yopmail.com 0.75\n", "ann@lent.example.com", .75, true},
    {"yopmail.com 0.75\n", "ann@mail.yopmail.com", .75, false},
    {"yopmail.com 0\n", "ann@lent.example.com", 0, false},
    {"yopmail.com 0\n", "ann@mail.yopmail.com", 0, false},
    {"mail.yopmail.com 0\n", "ann@mail.yopmail.com", .95, true}, /* its host is named by nobody */
};

static void write_own(char *path, const char *text)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    own_lists.disposable = path;
}

/* Domain and mail host are told apart, and what is known of DNS already changes nothing. */
Test(verify_facts, a_throw_away_host_is_not_a_listed_domain)
{
    world_open();
    for (size_t i = 0; i < COUNT_OF(disposables); i++) {
        struct process process;
        char path[] = "/tmp/vrfy-test-rows-XXXXXX";
        if (disposables[i].own != NULL)
            write_own(path, disposables[i].own);
        process_open(&process);
        unlink(path);
        for (int warm = 0; warm < 2; warm++) {
            struct facts *facts;
            const char *address = disposables[i].address;
            cost(&process, address, VERIFY_FULL, false, false, &facts);
            cr_expect_eq(facts->dns_known, warm, "%zu: %s", i, address);
            cr_expect_eq(facts->lists.disposable, disposables[i].confidence > 0, "%zu: %s", i,
                         address);
            cr_expect_eq(facts->lists.disposable_confidence, disposables[i].confidence,
                         "%zu: %s: %g", i, address, facts->lists.disposable_confidence);
            cr_expect_eq(facts->lists.disposable_by_mx, disposables[i].by_mx, "%zu: %s", i,
                         address);
            facts_free(&facts);
        }
        process_close(&process);
    }
    dns_server_stop(&dns);
}

static const struct {
    const char *label, *address;
    bool wanted, refresh;
    int64_t shift_s;
    size_t questions;
    enum presence listed;
} list_rows[] = {
    {"not wanted", "ann@quarry.example.com", false, false, 0, 5, PRESENCE_UNKNOWN},
    {"wanted, DNS is known", "ann@quarry.example.com", true, false, 0, 1, PRESENCE_YES},
    {"known", "bob@quarry.example.com", true, false, 0, 0, PRESENCE_YES},
    {"known, and nobody's question", "bob@quarry.example.com", false, false, 0, 0, PRESENCE_YES},
    {"refresh", "bob@quarry.example.com", true, true, 0, 6, PRESENCE_YES},
    {"over before DNS is", "ann@quarry.example.com", true, false, 201, 1, PRESENCE_YES},
    {"DNS is over before them", "ann@quarry.example.com", true, false, 101, 5, PRESENCE_YES},
    {"all at once", "ann@shop.example.org", true, false, 0, 5, PRESENCE_NO},
    {"dead", "ann@gone.example.com", true, false, 0, 5, PRESENCE_YES},
    {"known to be dead", "bob@gone.example.com", true, false, 0, 0, PRESENCE_YES},
};

Test(verify_facts, block_lists_are_asked_when_they_are_wanted)
{
    struct process process;
    struct facts *facts;
    own_lists.domain_block_lists = "dbl.example.net";
    world_open();
    process_open(&process);
    for (size_t i = 0; i < COUNT_OF(list_rows); i++) {
        clock_test_shift(list_rows[i].shift_s * 1000);
        want_lists = list_rows[i].wanted;
        size_t questions =
            cost(&process, list_rows[i].address, VERIFY_FULL, list_rows[i].refresh, false, &facts);
        cr_expect_eq(questions, list_rows[i].questions, "%s: %zu", list_rows[i].label, questions);
        cr_expect_eq(facts->dns.block_listed, list_rows[i].listed, "%s: %d", list_rows[i].label,
                     (int)facts->dns.block_listed);
        cr_expect_eq(facts->dns.block_lists_mute, 0, "%s", list_rows[i].label);
        facts_free(&facts);
    }
    process_close(&process);
    dns_server_stop(&dns);
}

/* Nothing is remembered of a list that our deadline left no time to answer, and its silence is
 * nobody else's. */
Test(verify_facts, a_silent_block_list_at_the_deadline)
{
    struct process process;
    struct facts *facts;
    own_lists.domain_block_lists = "dbl.example.net, mute.example.net";
    world_open();
    verify_settings.deadline_ms = 300;
    want_lists = true;
    process_open(&process);
    for (int i = 0; i < 2; i++) {
        size_t questions =
            cost(&process, "ann@quarry.example.com", VERIFY_FULL, false, false, &facts);
        cr_expect_eq(questions, i == 0 ? 7 : 1, "round %d: %zu", i, questions);
        cr_expect(facts->dns.block_listed == PRESENCE_YES && facts->dns.block_lists == 1);
        cr_expect_eq(facts->dns.block_lists_mute, 2);
        cr_expect(facts->dns.mx_status == DNS_FOUND && facts->dns.spf == PRESENCE_YES);
        cr_expect_eq(facts->smtp.connect, CONNECT_REFUSED);
        cr_expect_not(facts->outage);
        facts_free(&facts);
    }
    process_close(&process);
    dns_server_stop(&dns);
}

Test(verify_facts, lists_that_cannot_be_read_start_nothing)
{
    static const struct {
        struct lists_settings lists;
        const char *wrong;
    } bad[] = {
        {{"dbl", "", ""}, "lists.domain_block_lists: \"dbl\": not a host name"},
        {{"", "/tmp/vrfy-no-such-file", ""},
         "lists.spam_traps: /tmp/vrfy-no-such-file: No such file or directory"},
        {{"", "", "/tmp/vrfy-no-such-file"},
         "lists.disposable: /tmp/vrfy-no-such-file: No such file or directory"},
    };
    world_open();
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char why[160] = "";
        struct pace_settings pace = pace_file_settings();
        struct loop *loop = loop_new();
        const struct verify_config config = {.loop = loop,
                                             .verify = &verify_settings,
                                             .smtp = &smtp_settings,
                                             .dns = &dns_settings,
                                             .pace = &pace,
                                             .lists = &bad[i].lists};
        cr_expect_null(verify_engine_new(&config, why, sizeof(why)));
        cr_expect_str_eq(why, bad[i].wrong);
        loop_free(&loop);
    }
    dns_server_stop(&dns);
}

Test(verify_facts, another_process_may_be_taught)
{
    struct process one, other;
    world_open();
    process_open(&one);
    process_open(&other);
    cr_assert_eq(cost(&one, "ann@quarry.example.com", VERIFY_FULL, false, false, NULL), 5);
    cr_assert(one.domains == 1 && one.hosts == 1);
    cr_expect_not(verify_knows_domain(other.engine, "quarry.example.com"));
    verify_teach_domain(other.engine, &one.domain);
    verify_teach_host(other.engine, &one.host);
    cr_expect(verify_knows_domain(other.engine, "quarry.example.com"));
    cr_expect(verify_knows_host(other.engine, "mx.quarry.example.com"));
    cr_expect_eq(cost(&other, "bob@quarry.example.com", VERIFY_FULL, false, false, NULL), 0);
    cr_expect(other.domains == 0 && other.hosts == 0, "what was taught is not told on");

    struct verify_stats stats;
    verify_stats(other.engine, &stats);
    cr_expect(stats.facts.taught == 1 && stats.facts.shared == 1 && stats.facts.hits == 1);
    cr_expect(stats.facts.entries == 1 && stats.facts.hosts == 1);
    clock_test_shift(301 * 1000);
    cr_expect_eq(cost(&other, "bob@quarry.example.com", VERIFY_FULL, false, false, NULL), 5);
    process_close(&one);
    process_close(&other);
    dns_server_stop(&dns);
}
