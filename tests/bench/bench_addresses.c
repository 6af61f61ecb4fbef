/* bench_addresses.c - lists of addresses as customers upload them, for the fake internet.
 *
 *   bench_addresses ADDRESSES DOMAINS SEED [--grouped]
 *   bench_addresses ADDRESSES one-each KIND          one address in each of as many domains
 *
 * Two thirds of the addresses are with the five giants: most in their big domains, the rest in
 * domains that they host.  The remaining third is a long tail of domains with their own mail host.
 * Every domain has at least one address, and the first domains of a kind have more than the last.
 * A quarter of the recipients does not exist.  Same arguments, same list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "truth.h"

enum { GIANTS_SHARE = 667, BIG_DOMAIN_SHARE = 700, HOSTED_SHARE = 300 }; /* per mille */

/* Per cent of the giants' addresses, by giant. */
static const unsigned giant_share[GIANTS] = {30, 24, 19, 15, 12};

/* Per mille of the domains; what is left are firms.  A giant hosts no dead domains. */
static const struct {
    enum domain_kind kind;
    unsigned share;
    bool hosted;
} kind_shares[] = {
    {DOMAIN_OPEN, 40, true},
    {DOMAIN_GREY, 30, true},
    {DOMAIN_GONE, 30, false},
    {DOMAIN_MUTE, 15, false},
};

/* Per mille of the recipients; what is left exists. */
static const struct {
    enum local_kind kind;
    unsigned share;
} local_shares[] = {{LOCAL_UNKNOWN, 250}, {LOCAL_FULL, 15}, {LOCAL_GREY, 10}};

static const char *const first_names[] = {"maria", "john",  "wei",   "fatima", "ivan", "ana",
                                          "pedro", "sofia", "ahmed", "julia",  "tom",  "lena"};
static const char *const last_names[] = {"lopez", "smith", "chen",   "khan", "petrov", "silva",
                                         "rossi", "meyer", "nguyen", "kim",  "jones",  "novak"};

struct item {
    struct domain_truth domain;
    unsigned number;
    enum local_kind local;
};

struct list {
    struct item *items;
    unsigned count;
    uint64_t state; /* of the generator */
};

/* splitmix64 */
static uint64_t next_random(struct list *list)
{
    uint64_t z = list->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned below(struct list *list, unsigned limit)
{
    return (unsigned)(next_random(list) % limit);
}

static enum local_kind any_local(struct list *list)
{
    unsigned dice = below(list, 1000);
    for (size_t i = 0; i < COUNT_OF(local_shares); i++) {
        if (dice < local_shares[i].share)
            return local_shares[i].kind;
        dice -= local_shares[i].share;
    }
    return LOCAL_KNOWN;
}

static enum domain_kind any_kind(struct list *list, bool hosted)
{
    unsigned dice = below(list, 1000);
    for (size_t i = 0; i < COUNT_OF(kind_shares); i++) {
        if (dice < kind_shares[i].share)
            return hosted && !kind_shares[i].hosted ? DOMAIN_FIRM : kind_shares[i].kind;
        dice -= kind_shares[i].share;
    }
    return DOMAIN_FIRM;
}

static void add(struct list *list, struct domain_truth domain, unsigned many)
{
    for (unsigned i = 0; i < many; i++) {
        list->items[list->count] = (struct item){domain, list->count, any_local(list)};
        list->count++;
    }
}

/* `many` addresses over `count` domains: one each, the rest with a preference for the first, as
 * 1/sqrt(rank). */
static void add_domains(struct list *list, unsigned giant, unsigned first, unsigned count,
                        unsigned many)
{
    unsigned *sizes = x_calloc(count + 1, sizeof(*sizes));
    for (unsigned i = 0; i < many; i++) {
        double u = (double)(next_random(list) >> 11) / 9007199254740992.0;
        sizes[i < count ? i : (unsigned)(u * u * count)]++;
    }
    for (unsigned i = 0; i < count; i++) {
        struct domain_truth domain = {any_kind(list, giant != 0), first + i, giant};
        add(list, domain, sizes[i]);
    }
    free(sizes);
}

static void add_giant(struct list *list, unsigned giant, unsigned many, unsigned hosted,
                      unsigned first)
{
    unsigned in_hosted = many - many * BIG_DOMAIN_SHARE / 1000;
    add(list, (struct domain_truth){DOMAIN_GIANT, giant, giant}, many - in_hosted);
    add_domains(list, giant, first, hosted, in_hosted);
}

static void fill(struct list *list, unsigned addresses, unsigned domains)
{
    unsigned with_giants = (unsigned)((uint64_t)addresses * GIANTS_SHARE / 1000);
    unsigned hosted = domains * HOSTED_SHARE / 1000 / GIANTS, first = 1;
    for (unsigned giant = 1; giant <= GIANTS; giant++) {
        add_giant(list, giant, with_giants * giant_share[giant - 1] / 100, hosted, first);
        first += hosted;
    }
    add_domains(list, 0, first, domains - GIANTS - GIANTS * hosted, addresses - list->count);
}

static void shuffle(struct list *list)
{
    for (unsigned i = list->count; i > 1; i--) {
        unsigned j = below(list, i);
        struct item kept = list->items[i - 1];
        list->items[i - 1] = list->items[j];
        list->items[j] = kept;
    }
}

static void print_item(const struct item *item)
{
    printf("%s.%s.%s%u@%s%u", local_words[item->local],
           first_names[item->number % COUNT_OF(first_names)],
           last_names[item->number / COUNT_OF(first_names) % COUNT_OF(last_names)], item->number,
           domain_words[item->domain.kind], item->domain.number);
    if (item->domain.kind != DOMAIN_GIANT && item->domain.giant != 0)
        printf("-at%u", item->domain.giant);
    puts(".com");
}

static bool fill_one_each(struct list *list, unsigned addresses, const char *word)
{
    for (int kind = 0; kind < DOMAIN_KINDS; kind++)
        if (strcmp(domain_words[kind], word) == 0 && kind != DOMAIN_GIANT) {
            for (unsigned i = 0; i < addresses; i++)
                add(list, (struct domain_truth){(enum domain_kind)kind, i, 0}, 1);
            return true;
        }
    return false;
}

static bool fill_mixed(struct list *list, unsigned addresses, char **argv, bool grouped)
{
    unsigned domains = (unsigned)strtoul(argv[2], NULL, 10);
    list->state = strtoull(argv[3], NULL, 10);
    if (domains < 2 * GIANTS || addresses < 4 * domains)
        return false;
    fill(list, addresses, domains);
    if (!grouped)
        shuffle(list);
    return true;
}

int main(int argc, char **argv)
{
    unsigned addresses = argc > 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    bool grouped = argc == 5 && strcmp(argv[4], "--grouped") == 0;
    struct list list = {.items = x_calloc(addresses + 1, sizeof(struct item))};
    bool ok = addresses > 0 && (argc == 4 || grouped) &&
              (strcmp(argv[2], "one-each") == 0 ? fill_one_each(&list, addresses, argv[3])
                                                : fill_mixed(&list, addresses, argv, grouped));
    for (unsigned i = 0; ok && i < list.count; i++)
        print_item(&list.items[i]);
    free(list.items);
    if (!ok)
        fputs("usage: bench_addresses ADDRESSES DOMAINS SEED [--grouped], four times as many\n"
              "       addresses as domains, or bench_addresses ADDRESSES one-each KIND\n",
              stderr);
    return ok ? 0 : 64;
}
