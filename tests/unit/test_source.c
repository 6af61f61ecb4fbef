/* The addresses we dial from: read once, taken in turn, each family by itself. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

#include "base/xalloc.h"
#include "io/source.h"

static const struct {
    const char *list;
    const char *why; /* NULL: good */
} lists[] = {
    {"", NULL},
    {" , ,", NULL},
    {"127.0.0.1", NULL},
    {"127.0.0.1,127.0.0.2 127.0.0.3", NULL},
    {"localhost", "\"localhost\": not a numeric address"},
    {"127.0.0.1:25", "\"127.0.0.1:25\": not a numeric address"},
    {"127.0.0.0/8", "\"127.0.0.0/8\": not a numeric address"},
    {"127.0.0.1, 127.1", "\"127.1\": not a numeric address"},
    {"192.0.2.1", "\"192.0.2.1\": not an address of this host"},
};

Test(source, lists)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        char why[100] = "";
        struct source_addresses *sources = source_addresses_new(lists[i].list, why, sizeof(why));
        cr_expect_eq(sources != NULL, lists[i].why == NULL, "\"%s\": %s", lists[i].list, why);
        cr_expect_str_eq(why, lists[i].why != NULL ? lists[i].why : "", "\"%s\"", lists[i].list);
        source_addresses_free(&sources);
    }
}

static void expect_next(struct source_addresses *sources, int family, const char *want)
{
    struct sockaddr_storage next;
    char text[INET6_ADDRSTRLEN] = "";
    if (source_addresses_next(sources, family, &next) == sizeof(struct sockaddr_in))
        inet_ntop(AF_INET, &((struct sockaddr_in *)&next)->sin_addr, text, sizeof(text));
    cr_expect_str_eq(text, want, "\"%s\", not \"%s\"", text, want);
    cr_expect_eq(next.ss_family, want[0] != '\0' ? family : AF_UNSPEC);
}

Test(source, in_turn)
{
    char why[100];
    struct source_addresses *sources =
        source_addresses_new("127.0.0.1 127.0.0.2 127.0.0.3", why, sizeof(why));
    cr_assert_not_null(sources, "%s", why);
    static const char *const order[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.1"};
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        expect_next(sources, AF_INET, order[i]);
        expect_next(sources, AF_INET6, "");
    }
    source_addresses_free(&sources);
    sources = source_addresses_new("", why, sizeof(why));
    expect_next(sources, AF_INET, "");
    source_addresses_free(&sources);
}
