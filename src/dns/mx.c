/* mx.c - from a domain to the hosts that take its mail, and from a host to addresses.
 *
 * The questions that do not depend on each other go out together; the mail hosts are told as soon
 * as they are known, so that SMTP may start while SPF and DMARC are still being asked for.
 *
 * Policy (RFC 5321 5.1, RFC 7505):
 * - nothing but the root as exchange is a null MX; the root among other exchanges is ignored;
 * - no MX, but A or AAAA: the domain is its own mail host (implicit MX).  If the addresses cannot
 * be asked for, their failure is the MX question's too: "no mail host" would be a guess;
 * - NXDOMAIN stays NXDOMAIN, a failure stays that failure;
 * - an exchange "localhost" or one that looks like an address is nothing to dial.  If only such are
 *   there, mx_status is DNS_MALFORMED: a mistake of the domain, yet no "it has no MX";
 * - a name listed twice counts once, with its best preference. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "dns/mx.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/xalloc.h"

enum question_name {
    ASK_MX,
    ASK_SPF,
    ASK_DMARC,
    ASK_A,
    ASK_AAAA,
    ASK_DKIM, /* the first selector; the others follow */
    ASK_COUNT = ASK_DKIM + DKIM_SELECTOR_COUNT
};

struct question {
    struct domain_lookup *lookup;
    struct dns_query *query;
    enum dns_status status; /* DNS_NOT_ASKED: not answered yet */
};

struct domain_lookup {
    struct resolver *resolver;
    struct arena *arena;
    const char *domain;
    struct question questions[ASK_COUNT];
    struct dns_facts facts;
    domain_lookup_fn *on_mx, *on_all;
    void *arg;
    bool want_dkim, mx_told, all_told;
    bool *freed; /* set by free, for the callback's caller */
    int64_t start_ms;
};

static enum presence presence_of(enum dns_status status, bool found)
{
    if (!dns_status_is_answer(status))
        return PRESENCE_UNKNOWN;
    return found ? PRESENCE_YES : PRESENCE_NO;
}

/* Does a TXT record begin with this version tag, and does the tag end there? */
static enum presence presence_of_tag(const struct dns_answer *answer, const char *tag,
                                     const char *ends)
{
    size_t len = strlen(tag);
    bool found = false;
    for (size_t i = 0; i < answer->count && !found; i++) {
        const char *text = answer->records[i].text;
        found = strncasecmp(text, tag, len) == 0 &&
                (text[len] == '\0' || strchr(ends, text[len]) != NULL);
    }
    return presence_of(answer->status, found);
}

/* RFC 6376 3.6.1: a tag list whose p= holds a key; with nothing in it the key is revoked.  What a
 * wildcard answers for any name (SPF, say) has no such tag. */
static bool is_dkim_key(const char *text)
{
    while (*text != '\0') {
        text += strspn(text, " \t\r\n;");
        size_t name = strcspn(text, " \t\r\n=;");
        const char *value = text + name;
        value += strspn(value, " \t\r\n");
        if (name == 1 && *text == 'p' && *value == '=') {
            value += 1 + strspn(value + 1, " \t\r\n");
            return *value != '\0' && *value != ';';
        }
        text += strcspn(text, ";");
    }
    return false;
}

static bool name_is_below(const char *name, const char *top)
{
    size_t len = strlen(name), top_len = strlen(top);
    return len >= top_len && strcmp(name + len - top_len, top) == 0 &&
           (len == top_len || name[len - top_len - 1] == '.');
}

/* No top-level domain is all digits (RFC 3696 2), so such a name is an address. */
static bool exchange_is_usable(const char *name)
{
    const char *dot = strrchr(name, '.');
    const char *top = dot != NULL ? dot + 1 : name;
    return *top != '\0' && top[strspn(top, "0123456789")] != '\0' &&
           !name_is_below(name, "localhost");
}

/* An exchange while it is sorted: by preference, then by lot. */
struct candidate {
    struct mx_host host;
    uint32_t lot;
};

static int candidate_compare(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->host.preference != y->host.preference)
        return x->host.preference < y->host.preference ? -1 : 1;
    return x->lot < y->lot ? -1 : x->lot > y->lot;
}

static bool names_contain(const struct candidate *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].host.name, name) == 0)
            return true;
    return false;
}

static void take_mx(struct domain_lookup *lookup, const struct dns_answer *answer)
{
    struct candidate *candidates = arena_array(lookup->arena, answer->count, sizeof(*candidates));
    struct dns_facts *facts = &lookup->facts;
    size_t count = 0, roots = 0;
    for (size_t i = 0; i < answer->count; i++) {
        const struct dns_record *r = &answer->records[i];
        roots += r->name[0] == '\0';
        if (exchange_is_usable(r->name))
            candidates[count++] =
                (struct candidate){{r->preference, r->name}, crypto_random_below(UINT32_MAX)};
    }
    qsort(candidates, count, sizeof(candidates[0]), candidate_compare);

    size_t kept = 0; /* sorted, so the first of a name is its best */
    for (size_t i = 0; i < count && kept < FACTS_MX_MAX; i++)
        if (!names_contain(candidates, kept, candidates[i].host.name))
            candidates[kept++] = candidates[i];

    struct mx_host *mx = arena_array(lookup->arena, kept, sizeof(*mx));
    for (size_t i = 0; i < kept; i++) {
        mx[i].preference = candidates[i].host.preference;
        mx[i].name = arena_strdup(lookup->arena, candidates[i].host.name);
    }
    facts->mx = mx;
    facts->mx_count = kept;
    facts->null_mx = roots > 0 && roots == answer->count;
}

static bool mx_is_known(const struct domain_lookup *lookup)
{
    const struct question *q = lookup->questions;
    if (q[ASK_MX].status != DNS_NODATA)
        return q[ASK_MX].status != DNS_NOT_ASKED;
    if (q[ASK_A].status == DNS_FOUND || q[ASK_AAAA].status == DNS_FOUND)
        return true;
    return q[ASK_A].status != DNS_NOT_ASKED && q[ASK_AAAA].status != DNS_NOT_ASKED;
}

/* The final mx_status; only now may anyone read it. */
static void conclude_mx(struct domain_lookup *lookup)
{
    struct dns_facts *facts = &lookup->facts;
    const struct question *q = lookup->questions;
    facts->mx_status = q[ASK_MX].status;
    if (facts->mx_status == DNS_FOUND && facts->mx_count == 0 && !facts->null_mx)
        facts->mx_status = DNS_MALFORMED;
    if (facts->mx_status != DNS_NODATA)
        return;
    facts->implicit_mx = q[ASK_A].status == DNS_FOUND || q[ASK_AAAA].status == DNS_FOUND;
    for (int i = ASK_A; i <= ASK_AAAA && !facts->implicit_mx; i++)
        if (!dns_status_is_answer(q[i].status))
            facts->mx_status = q[i].status;
}

static bool all_is_known(const struct domain_lookup *lookup)
{
    for (int i = ASK_MX; i <= ASK_A; i++)
        if (lookup->questions[i].status == DNS_NOT_ASKED)
            return false;
    for (int i = ASK_DKIM; i < ASK_COUNT && lookup->want_dkim; i++)
        if (lookup->questions[i].status == DNS_NOT_ASKED)
            return false;
    return lookup->mx_told;
}

static void take_dkim(struct domain_lookup *lookup, unsigned selector,
                      const struct dns_answer *answer)
{
    struct dns_facts *facts = &lookup->facts;
    bool complete = true;
    for (size_t i = 0; i < answer->count; i++)
        if (is_dkim_key(answer->records[i].text))
            facts->dkim_selectors |= 1U << selector;
    for (int i = ASK_DKIM; i < ASK_COUNT; i++)
        complete &= dns_status_is_answer(lookup->questions[i].status) != 0;
    if (facts->dkim_selectors != 0)
        facts->dkim = PRESENCE_YES;
    else if (complete)
        facts->dkim = PRESENCE_NO;
}

/* The least of the answers' times; failures are nobody's to remember. */
static void take_ttl(uint32_t *ttl_s, const struct dns_answer *answer)
{
    uint32_t answer_s = answer->ttl > 0 ? answer->ttl : 1; /* 0 is "unknown" */
    if (dns_status_is_answer(answer->status) && (*ttl_s == 0 || answer_s < *ttl_s))
        *ttl_s = answer_s;
}

/* Either callback may free the lookup. */
static void tell(struct domain_lookup *lookup)
{
    bool freed = false;
    lookup->freed = &freed;
    if (!lookup->mx_told && mx_is_known(lookup)) {
        lookup->mx_told = true;
        conclude_mx(lookup);
        lookup->on_mx(&lookup->facts, lookup->arg);
    }
    if (!freed && !lookup->all_told && all_is_known(lookup)) {
        lookup->all_told = true;
        lookup->on_all(&lookup->facts, lookup->arg);
    }
    if (!freed)
        lookup->freed = NULL;
}

static void ask(struct domain_lookup *lookup, enum question_name name);

static void on_answer(const struct dns_answer *answer, void *arg)
{
    struct question *question = arg;
    struct domain_lookup *lookup = question->lookup;
    struct dns_facts *facts = &lookup->facts;
    question->query = NULL;
    question->status = answer->status;
    if (!lookup->all_told)
        facts->ms = clock_mono_ms() - lookup->start_ms;

    int name = (int)(question - lookup->questions);
    switch (name) {
    case ASK_MX:
        take_mx(lookup, answer);
        if (answer->status == DNS_NODATA)
            ask(lookup, ASK_AAAA);
        break;
    case ASK_SPF:
        facts->spf = presence_of_tag(answer, "v=spf1", " ");
        break;
    case ASK_DMARC:
        facts->dmarc = presence_of_tag(answer, "v=DMARC1", " \t;");
        break;
    case ASK_A:
        facts->a_record = presence_of(answer->status, answer->status == DNS_FOUND);
        break;
    case ASK_AAAA:
        break;
    default:
        take_dkim(lookup, (unsigned)(name - ASK_DKIM), answer);
    }
    take_ttl(name >= ASK_DKIM ? &facts->dkim_ttl_s : &facts->ttl_s, answer);
    tell(lookup);
}

static void ask(struct domain_lookup *lookup, enum question_name name)
{
    static const struct {
        enum dns_type type;
        const char *prefix;
    } what[ASK_DKIM] = {[ASK_MX] = {DNS_TYPE_MX, ""},
                        [ASK_SPF] = {DNS_TYPE_TXT, ""},
                        [ASK_DMARC] = {DNS_TYPE_TXT, "_dmarc."},
                        [ASK_A] = {DNS_TYPE_A, ""},
                        [ASK_AAAA] = {DNS_TYPE_AAAA, ""}};
    bool dkim = name >= ASK_DKIM;
    const char *owner =
        dkim ? arena_printf(lookup->arena, "%s._domainkey.%s",
                            dkim_selector_name((unsigned)(name - ASK_DKIM)), lookup->domain)
             : arena_printf(lookup->arena, "%s%s", what[name].prefix, lookup->domain);
    struct question *question = &lookup->questions[name];
    question->query = resolver_ask(lookup->resolver, owner, dkim ? DNS_TYPE_TXT : what[name].type,
                                   on_answer, question);
}

struct domain_lookup *domain_lookup_start(struct resolver *resolver, const char *domain,
                                          bool want_dkim, domain_lookup_fn *on_mx,
                                          domain_lookup_fn *on_all, void *arg)
{
    struct domain_lookup *lookup = NEW(struct domain_lookup);
    lookup->resolver = resolver;
    lookup->arena = arena_new();
    lookup->domain = arena_strdup(lookup->arena, domain);
    lookup->want_dkim = want_dkim;
    lookup->on_mx = on_mx;
    lookup->on_all = on_all;
    lookup->arg = arg;
    lookup->start_ms = clock_mono_ms();
    for (int i = 0; i < ASK_COUNT; i++)
        lookup->questions[i].lookup = lookup;
    for (int i = ASK_MX; i <= ASK_A; i++)
        ask(lookup, (enum question_name)i);
    for (int i = ASK_DKIM; i < ASK_COUNT && want_dkim; i++)
        ask(lookup, (enum question_name)i);
    return lookup;
}

const struct dns_facts *domain_lookup_facts(const struct domain_lookup *lookup)
{
    return &lookup->facts;
}

void domain_lookup_free(struct domain_lookup **lookup)
{
    struct domain_lookup *l = *lookup;
    if (l == NULL)
        return;
    for (int i = 0; i < ASK_COUNT; i++)
        resolver_cancel(&l->questions[i].query);
    if (l->freed != NULL)
        *l->freed = true;
    arena_free(&l->arena);
    free(l);
    *lookup = NULL;
}

enum { MACHINE_BELIEVED_MS = 1000 };
enum family { V4, V6, FAMILIES };

struct family_question {
    struct host_lookup *lookup;
    struct dns_query *query;
    enum dns_status status;
    bool asked, pending;
    struct sockaddr_storage list[HOST_ADDRESS_MAX];
    size_t count;
};

struct host_lookup {
    struct resolver *resolver;
    char *host;
    uint32_t ttl_s;
    struct family_question families[FAMILIES];
    bool v6_first;
    host_lookup_fn *fn;
    void *arg;
};

/* Would the system find a source address towards the outside?  Connecting a datagram socket sends
 * nothing. */
static bool machine_has(const struct sockaddr *outside, socklen_t len)
{
    int fd = socket(outside->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool has = connect(fd, outside, len) == 0;
    close(fd);
    return has;
}

static bool machine_has_v4(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(25)};
    any.sin_addr.s_addr = htonl(0xC0000201); /* 192.0.2.1: by the default route, as all outside */
    return machine_has((const struct sockaddr *)&any, sizeof(any));
}

static bool machine_has_v6(void)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(25)};
    memcpy(&any.sin6_addr, "\x20\x01\x0d\xb8", 4); /* 2001:db8:: */
    return machine_has((const struct sockaddr *)&any, sizeof(any));
}

/* Half a dozen system calls, and networks do not come and go by the millisecond. */
bool host_lookup_v6_first(void)
{
    static _Thread_local int64_t until_ms;
    static _Thread_local bool v6_first;
    int64_t now_ms = clock_mono_ms();
    if (now_ms >= until_ms) {
        v6_first = !machine_has_v4() && machine_has_v6();
        until_ms = now_ms + MACHINE_BELIEVED_MS;
    }
    return v6_first;
}

static void take_addresses(struct family_question *question, const struct dns_answer *answer,
                           bool v6)
{
    for (size_t i = 0; i < answer->count && question->count < HOST_ADDRESS_MAX; i++) {
        struct sockaddr_storage *out = &question->list[question->count++];
        out->ss_family = v6 ? AF_INET6 : AF_INET;
        if (v6)
            memcpy(&((struct sockaddr_in6 *)out)->sin6_addr, answer->records[i].address, 16);
        else
            memcpy(&((struct sockaddr_in *)out)->sin_addr, answer->records[i].address, 4);
    }
}

/* Without any address: the failure of either family, else what was said of A. */
static enum dns_status status_without_address(const struct host_lookup *lookup)
{
    enum dns_status v4 = lookup->families[V4].status, v6 = lookup->families[V6].status;
    bool v6_failed = v6 != DNS_NOT_ASKED && !dns_status_is_answer(v6);
    return dns_status_is_answer(v4) && v6_failed ? v6 : v4;
}

static void ask_family(struct host_lookup *lookup, enum family family);

static void on_addresses(const struct dns_answer *answer, void *arg)
{
    struct family_question *question = arg;
    struct host_lookup *lookup = question->lookup;
    question->query = NULL;
    question->pending = false;
    question->status = answer->status;
    take_addresses(question, answer, question == &lookup->families[V6]);
    if (answer->status == DNS_FOUND)
        take_ttl(&lookup->ttl_s, answer);
    if (answer->status == DNS_NODATA && !lookup->families[V6].asked)
        ask_family(lookup, V6);
    if (lookup->families[V4].pending || lookup->families[V6].pending)
        return;

    struct host_addresses all = {
        .status = DNS_FOUND, .ttl_s = lookup->ttl_s, .v6_asked = lookup->families[V6].asked};
    for (int i = 0; i < FAMILIES; i++) {
        const struct family_question *f = &lookup->families[lookup->v6_first ? V6 - i : i];
        memcpy(all.list + all.count, f->list, f->count * sizeof(f->list[0]));
        all.count += f->count;
    }
    if (all.count == 0)
        all.status = status_without_address(lookup);
    lookup->fn(&all, lookup->arg); /* may free the lookup */
}

static void ask_family(struct host_lookup *lookup, enum family family)
{
    struct family_question *question = &lookup->families[family];
    question->lookup = lookup;
    question->asked = question->pending = true;
    question->query =
        resolver_ask(lookup->resolver, lookup->host, family == V4 ? DNS_TYPE_A : DNS_TYPE_AAAA,
                     on_addresses, question);
}

struct host_lookup *host_lookup_start(struct resolver *resolver, const char *host, bool want_v6,
                                      host_lookup_fn *fn, void *arg)
{
    struct host_lookup *lookup = NEW(struct host_lookup);
    lookup->resolver = resolver;
    lookup->host = x_strdup(host);
    lookup->v6_first = host_lookup_v6_first();
    lookup->fn = fn;
    lookup->arg = arg;
    ask_family(lookup, V4);
    if (want_v6 || lookup->v6_first)
        ask_family(lookup, V6);
    return lookup;
}

void host_lookup_free(struct host_lookup **lookup)
{
    if (*lookup == NULL)
        return;
    for (int i = 0; i < FAMILIES; i++)
        resolver_cancel(&(*lookup)->families[i].query);
    free((*lookup)->host);
    free(*lookup);
    *lookup = NULL;
}
