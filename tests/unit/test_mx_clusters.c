/* test_mx_clusters.c - learning whose mail hosts serve disposable domains. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/xalloc.h"
#include "mx_facts.h"
#include "own_rows.h"
#include "verify/mx_clusters.h"

/* What is noted, in order, and then asked.  "-example.com" is disposable, "+example.com" is not;
 * hosts as mx_facts_of reads them. */
struct note {
    const char *domain, *hosts;
};

struct story {
    const char *what;
    struct note notes[12];
    struct note asked;
    bool shared;
};

#define HOSTS "10 mx1.one-host.net, 20 mx2.one-host.net"

static const struct story stories[] = {
    {"nothing known", {{0}}, {"new.com", HOSTS}, false},
    {"two are too few", {{"-a.com", HOSTS}, {"-b.com", HOSTS}}, {"new.com", HOSTS}, false},
    {"three are enough",
     {{"-a.com", HOSTS}, {"-b.com", HOSTS}, {"-c.com", HOSTS}},
     {"new.com", HOSTS},
     true},
    {"the same one three times is one",
     {{"-a.com", HOSTS}, {"-a.com", HOSTS}, {"-a.com", HOSTS}},
     {"new.com", HOSTS},
     false},
    {"subdomains are one",
     {{"-a.com", HOSTS}, {"-x.a.com", HOSTS}, {"-y.a.com", HOSTS}},
     {"new.com", HOSTS},
     false},
    {"any host of the cluster will do",
     {{"-a.com", "1 mx.one-host.net"}, {"-b.com", "1 in.one-host.net"}, {"-c.com", HOSTS}},
     {"new.com", "10 mail.example.org, 20 backup.one-host.net"},
     true},
    {"another cluster",
     {{"-a.com", HOSTS}, {"-b.com", HOSTS}, {"-c.com", HOSTS}},
     {"new.com", "10 mx.other-host.net"},
     false},
    {"honest neighbours: one in three is enough",
     {{"-a.com", HOSTS},
      {"-b.com", HOSTS},
      {"-c.com", HOSTS},
      {"+d.com", HOSTS},
      {"+e.com", HOSTS},
      {"+f.com", HOSTS},
      {"+g.com", HOSTS},
      {"+h.com", HOSTS},
      {"+i.com", HOSTS}},
     {"new.com", HOSTS},
     true},
    {"honest neighbours: less is not",
     {{"-a.com", HOSTS},
      {"-b.com", HOSTS},
      {"-c.com", HOSTS},
      {"+d.com", HOSTS},
      {"+e.com", HOSTS},
      {"+f.com", HOSTS},
      {"+g.com", HOSTS},
      {"+h.com", HOSTS},
      {"+i.com", HOSTS},
      {"+j.com", HOSTS}},
     {"new.com", HOSTS},
     false},
    {"an honest one turns out to be disposable",
     {{"-a.com", HOSTS}, {"-b.com", HOSTS}, {"+c.com", HOSTS}, {"-c.com", HOSTS}},
     {"new.com", HOSTS},
     true},
    {"and stays it",
     {{"-a.com", HOSTS}, {"-b.com", HOSTS}, {"-c.com", HOSTS}, {"+c.com", HOSTS}},
     {"new.com", HOSTS},
     true},
    {"itself counts for nothing",
     {{"-a.com", HOSTS}, {"-b.com", HOSTS}, {"-c.com", HOSTS}},
     {"c.com", HOSTS},
     false},
    {"nor does its subdomain",
     {{"-a.com", HOSTS}, {"-b.com", HOSTS}, {"-c.com", HOSTS}},
     {"mail.c.com", HOSTS},
     false},
    {"itself honest before does not save it",
     {{"-a.com", HOSTS}, {"-b.com", HOSTS}, {"-c.com", HOSTS}, {"+new.com", HOSTS}},
     {"new.com", HOSTS},
     true},
    {"everybody uses a provider",
     {{"-a.com", "1 aspmx.l.google.com"},
      {"-b.com", "1 aspmx.l.google.com"},
      {"-c.com", "1 aspmx.l.google.com"}},
     {"new.com", "1 aspmx.l.google.com"},
     false},
    {"and free forwarders",
     {{"-a.com", "1 route1.mx.cloudflare.net"},
      {"-b.com", "1 route2.mx.cloudflare.net"},
      {"-c.com", "1 route3.mx.cloudflare.net"}},
     {"new.com", "1 route1.mx.cloudflare.net"},
     false},
    {"disposable hosts have a fact of their own",
     {{"-a.com", "1 mail.mail.tm"}, {"-b.com", "1 mail.mail.tm"}, {"-c.com", "1 mail.mail.tm"}},
     {"new.com", "1 mail.mail.tm"},
     false},
    {"the host's own domain",
     {{"-a.com", HOSTS}, {"-b.com", HOSTS}, {"-c.com", HOSTS}},
     {"one-host.net", HOSTS},
     false},
    {"two suffixes of one name",
     {{"-a.com", "1 mx.host.co.uk"}, {"-b.com", "1 mx.host.co.uk"}, {"-c.com", "1 mx.host.co.uk"}},
     {"new.com", "1 mx.guest.co.uk"},
     false},
    {"no hosts", {{"-a.com", ""}, {"-b.com", ""}, {"-c.com", ""}}, {"new.com", ""}, false},
};

static void note(struct mx_clusters *clusters, const char *domain, const char *hosts)
{
    struct mx_room room;
    struct dns_facts dns = mx_facts_of(hosts, &room);
    mx_clusters_note(clusters, domain + 1, &dns, domain[0] == '-');
}

static bool is_shared(struct mx_clusters *clusters, const char *domain, const char *hosts)
{
    struct mx_room room;
    struct dns_facts dns = mx_facts_of(hosts, &room);
    return mx_clusters_is_shared(clusters, domain, &dns);
}

Test(mx_clusters, stories)
{
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        const struct story *story = &stories[i];
        struct mx_clusters *clusters = mx_clusters_new(100, NULL, NULL, NULL);
        for (size_t k = 0; story->notes[k].domain != NULL; k++)
            note(clusters, story->notes[k].domain, story->notes[k].hosts);
        cr_expect_eq(is_shared(clusters, story->asked.domain, story->asked.hosts), story->shared,
                     "%s", story->what);
        mx_clusters_free(&clusters);
        cr_expect_null(clusters);
    }
    cr_expect_not(is_shared(NULL, "new.com", HOSTS));
}

/* A host that the operator calls disposable has a fact of its own; one that is taken off the list
 * is a host like any other. */
Test(mx_clusters, own_rows_decide)
{
    struct disposable_rows *own = own_rows_of("known.example 0.8\nmail.tm 0\n");
    struct mx_clusters *clusters = mx_clusters_new(100, own, NULL, NULL);
    for (char domain[] = "-a.com"; domain[1] < 'd'; domain[1]++) {
        note(clusters, domain, "1 mx.known.example");
        note(clusters, domain, "1 mail.mail.tm");
    }
    cr_expect_not(is_shared(clusters, "new.com", "1 mx.known.example"));
    cr_expect(is_shared(clusters, "new.com", "1 mail.mail.tm"));
    mx_clusters_free(&clusters);
    disposable_rows_free(&own);
}

Test(mx_clusters, null_mx_is_no_cluster)
{
    struct mx_clusters *clusters = mx_clusters_new(100, NULL, NULL, NULL);
    struct mx_room room;
    struct dns_facts dns = mx_facts_of(HOSTS, &room);
    dns.null_mx = true;
    mx_clusters_note(clusters, "a.com", &dns, true);
    cr_expect_eq(mx_clusters_count(clusters), 0);
    mx_clusters_free(&clusters);
}

/* The one noted longest ago makes room, whatever it was. */
Test(mx_clusters, bounds)
{
    struct mx_clusters *clusters = mx_clusters_new(2, NULL, NULL, NULL);
    static const char *const domains[] = {"-a.com", "-b.com", "-c.com"};
    for (size_t i = 0; i < COUNT_OF(domains); i++)
        note(clusters, domains[i], HOSTS);
    note(clusters, "+x.com", "1 mx.second.net");
    note(clusters, "+y.com", HOSTS);
    note(clusters, "+x.com", "1 mx.third.net"); /* second.net goes */
    cr_expect_eq(mx_clusters_count(clusters), 2);
    cr_expect(is_shared(clusters, "new.com", HOSTS));
    note(clusters, "+x.com", "1 mx.fourth.net");
    cr_expect_eq(mx_clusters_count(clusters), 2);
    cr_expect_not(is_shared(clusters, "new.com", HOSTS), "it was its turn");
    mx_clusters_free(&clusters);
}

/* Many domains of both kinds: what does not fit is not counted, and nothing is written behind the
 * end. */
Test(mx_clusters, crowds)
{
    struct mx_clusters *clusters = mx_clusters_new(10, NULL, NULL, NULL);
    char domain[32];
    for (int i = 0; i < 500; i++) {
        snprintf(domain, sizeof(domain), "%cdomain%d.com", i % 20 == 0 ? '-' : '+', i);
        note(clusters, domain, HOSTS);
    }
    cr_expect_not(is_shared(clusters, "new.com", HOSTS), "one in twenty");
    for (int i = 0; i < 500; i++) {
        snprintf(domain, sizeof(domain), "-domain%d.com", i);
        note(clusters, domain, HOSTS);
    }
    cr_expect(is_shared(clusters, "new.com", HOSTS), "all of them");
    mx_clusters_free(&clusters);
}

struct log {
    char text[512];
};

static void write_down(const struct mx_member *member, void *arg)
{
    struct log *log = arg;
    size_t len = strlen(log->text);
    snprintf(log->text + len, sizeof(log->text) - len, "%c%s>%s ", member->disposable ? '-' : '+',
             member->domain, member->mx_domain);
}

/* News is told once, and what was told makes the same of another process. */
Test(mx_clusters, told_and_taught)
{
    struct log log = {""};
    struct mx_clusters *clusters = mx_clusters_new(10, NULL, write_down, &log);
    note(clusters, "+a.com", HOSTS);
    note(clusters, "+a.com", HOSTS);
    note(clusters, "-a.com", HOSTS);
    note(clusters, "-a.com", HOSTS);
    note(clusters, "+a.com", HOSTS);
    note(clusters, "-mail.b.co.uk", "1 a.example.net, 2 b.example.net, 3 c.example.org");
    cr_expect_str_eq(log.text, "+a.com>one-host.net -a.com>one-host.net -b.co.uk>example.net "
                               "-b.co.uk>example.org ");
    struct mx_member members[] = {{"one-host.net", "b.com", true}, {"one-host.net", "c.com", true}};
    size_t told = strlen(log.text);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        mx_clusters_teach(clusters, &members[i]);
    cr_expect_eq(strlen(log.text), told, "teaching is no news");
    cr_expect(is_shared(clusters, "new.com", HOSTS));
    mx_clusters_free(&clusters);
    mx_clusters_free(&clusters);
}
