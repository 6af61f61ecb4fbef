/* test_host_memory.c - where mail hosts are, and their habits. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "verify/host_memory.h"

static const char mx[] = "mx.quarry-books.com";

static void add(struct host_addresses *list, const char *text)
{
    struct sockaddr_storage *ss = &list->list[list->count++];
    bool v6 = strchr(text, ':') != NULL;
    ss->ss_family = v6 ? AF_INET6 : AF_INET;
    cr_assert_eq(inet_pton(ss->ss_family, text,
                           v6 ? (void *)&((struct sockaddr_in6 *)ss)->sin6_addr
                              : (void *)&((struct sockaddr_in *)ss)->sin_addr),
                 1);
}

static struct host_addresses found_v4(uint32_t ttl_s)
{
    struct host_addresses found = {.status = DNS_FOUND, .ttl_s = ttl_s};
    add(&found, "192.0.2.1");
    add(&found, "192.0.2.2");
    return found;
}

static int heard;
static struct host_facts last;

static void on_learnt(const struct host_facts *facts, void *arg)
{
    (void)arg;
    heard++;
    last = *facts;
}

Test(host_memory, addresses_for_their_ttl)
{
    struct host_memory *memory = host_memory_new(10, on_learnt, NULL);
    struct host_addresses found = found_v4(600), out;
    cr_expect_not(host_memory_addresses(memory, mx, false, &out));
    host_memory_learn_addresses(memory, mx, &found);
    host_memory_learn_addresses(memory, mx, &found);
    cr_expect_eq(heard, 1, "told %d times", heard);
    cr_assert(host_memory_addresses(memory, mx, false, &out));
    cr_expect(out.count == 2 && out.status == DNS_FOUND && host_memory_knows(memory, mx));
    cr_expect(((struct sockaddr_in *)&out.list[1])->sin_addr.s_addr == inet_addr("192.0.2.2"));
    cr_expect_not(host_memory_addresses(memory, mx, true, &out), "v6 was not asked for");
    clock_test_shift(590 * 1000);
    cr_expect(host_memory_addresses(memory, mx, false, &out));
    clock_test_shift(11 * 1000);
    cr_expect_not(host_memory_addresses(memory, mx, false, &out));
    cr_expect_not(host_memory_knows(memory, mx));
    host_memory_free(&memory);
}

Test(host_memory, both_families)
{
    struct host_memory *memory = host_memory_new(10, NULL, NULL);
    struct host_addresses found = {.status = DNS_FOUND, .ttl_s = 600, .v6_asked = true}, out;
    add(&found, "192.0.2.1");
    add(&found, "2001:db8::1");
    host_memory_learn_addresses(memory, mx, &found);
    cr_assert(host_memory_addresses(memory, mx, true, &out));
    cr_expect(out.count == 2 && out.list[0].ss_family != out.list[1].ss_family);
    host_memory_free(&memory);
}

Test(host_memory, nothing_found_is_nothing_known)
{
    struct host_memory *memory = host_memory_new(10, on_learnt, NULL);
    struct host_addresses none = {.status = DNS_NXDOMAIN}, no_ttl = found_v4(0);
    host_memory_learn_addresses(memory, mx, &none);
    host_memory_learn_addresses(memory, mx, &no_ttl);
    cr_expect(heard == 0 && host_memory_count(memory) == 0);
    host_memory_free(&memory);
}

Test(host_memory, habits_for_a_day)
{
    struct host_memory *memory = host_memory_new(10, on_learnt, NULL);
    bool pipelining = true;
    cr_expect_not(host_memory_tls(memory, mx).needed);
    cr_expect_not(host_memory_pipelining(memory, mx, &pipelining));
    host_memory_tls_needed(memory, mx);
    host_memory_tls_broken(memory, mx);
    host_memory_tls_broken(memory, mx);
    host_memory_offers(memory, mx, true, false);
    host_memory_offers(memory, mx, true, false);
    cr_expect_eq(heard, 3, "told %d times", heard);
    struct host_tls tls = host_memory_tls(memory, mx);
    cr_expect(tls.needed && tls.broken);
    cr_expect(host_memory_pipelining(memory, mx, &pipelining) && !pipelining);
    cr_expect(last.starttls && last.tls_needed && last.tls_broken);

    clock_test_shift(13 * 3600 * 1000); /* as it was: worth saying once half its time is over */
    host_memory_offers(memory, mx, true, false);
    cr_expect_eq(heard, 4);
    clock_test_shift(12 * 3600 * 1000);
    cr_expect_not(host_memory_tls(memory, mx).broken);
    cr_expect(host_memory_pipelining(memory, mx, &pipelining), "a part of its own");
    host_memory_free(&memory);
}

Test(host_memory, is_taught_and_bounded)
{
    struct host_memory *memory = host_memory_new(3, on_learnt, NULL);
    int64_t now_us = clock_wall_us();
    struct host_facts facts = {.addresses = {{false, {192, 0, 2, 9}}}, .address_count = 1};
    struct host_addresses out;
    char host[32];
    facts.age[HOST_FACT_ADDRESSES] = (struct fact_age){now_us, now_us + 60000000};
    for (int i = 0; i < 5; i++) {
        snprintf(host, sizeof(host), "mx%d.quarry-books.com", i);
        facts.host = host;
        host_memory_teach(memory, &facts);
    }
    cr_expect(host_memory_count(memory) == 3 && heard == 0);
    cr_expect_not(host_memory_knows(memory, "mx0.quarry-books.com"));
    cr_assert(host_memory_addresses(memory, "mx4.quarry-books.com", false, &out));
    cr_expect(((struct sockaddr_in *)&out.list[0])->sin_addr.s_addr == inet_addr("192.0.2.9"));

    struct host_addresses found = found_v4(600); /* newer than what is taught again */
    host_memory_learn_addresses(memory, host, &found);
    host_memory_teach(memory, &facts);
    cr_expect(host_memory_addresses(memory, host, false, &out) && out.count == 2);
    facts.age[HOST_FACT_ADDRESSES].until_us = now_us - 1;
    facts.host = "old.quarry-books.com";
    host_memory_teach(memory, &facts);
    cr_expect_not(host_memory_knows(memory, facts.host));
    host_memory_free(&memory);
}
