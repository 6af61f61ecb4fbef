/* fakenet_referee.c - counts everything, and whistles at what a polite client never does.
 *
 * Both clients of a bench are measured by this one observer, so what is counted here is counted
 * alike.  A recipient is remembered by 64 bits of its hash, the last of which says whether the
 * answer was for good; at ten million recipients a false alarm has a chance of one in 300,000. */
#include <arpa/inet.h>
#include <string.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "fakenet.h"

enum { TALLIES = 1 << 20 }; /* far more than addresses, operators and clients make */

struct referee referee;

static struct {
    uint64_t *slots; /* 0: free */
    size_t count, room;
} asked;

static struct tally tallies[TALLIES];
static size_t tallies_used;
static unsigned open_now, per_address_max, per_operator_max;

static struct tally *tally_find(uint64_t key)
{
    size_t at = truth_hash(&key, sizeof(key)) % TALLIES;
    while (tallies[at].key != 0 && tallies[at].key != key)
        at = (at + 1) % TALLIES;
    if (tallies[at].key == 0 && ++tallies_used > TALLIES / 2) {
        fputs("fakenet: more clients than it can count\n", stderr);
        exit(1);
    }
    tallies[at].key = key;
    return &tallies[at];
}

struct tally *tally_of_address(uint16_t server, uint32_t client)
{
    return tally_find((uint64_t)client << 32 | server);
}

/* A giant is one operator with all it hosts; any other mail host is its domain's own. */
struct tally *tally_of_operator(const struct domain_truth *domain, uint32_t client)
{
    uint64_t who = domain->giant != 0 ? (uint64_t)DOMAIN_GIANT << 24 | domain->giant
                                      : (uint64_t)domain->kind << 24 | domain->number;
    return tally_find((uint64_t)client << 32 | 1u << 31 | who);
}

static unsigned more(unsigned value, unsigned max)
{
    return value > max ? value : max;
}

void referee_connected(struct tally *address)
{
    referee.connections++;
    per_address_max = more(++address->open, per_address_max);
    referee.sessions_max = more(++open_now, (unsigned)referee.sessions_max);
}

void referee_with_operator(struct tally *operator_tally)
{
    per_operator_max = more(++operator_tally->open, per_operator_max);
}

void referee_left(struct tally *address, struct tally *operator_tally)
{
    address->open--;
    if (operator_tally != NULL)
        operator_tally->open--;
    open_now--;
}

/* The slot of a hash, or the free one where it goes. */
static uint64_t *slot_of(uint64_t hash)
{
    size_t at = (hash >> 1) & (asked.room - 1);
    while (asked.slots[at] != 0 && (asked.slots[at] | 1) != hash)
        at = (at + 1) & (asked.room - 1);
    return &asked.slots[at];
}

static void make_room(void)
{
    uint64_t *old = asked.slots;
    size_t old_room = asked.room;
    asked.room = old_room == 0 ? 1 << 16 : old_room * 2;
    asked.slots = x_calloc(asked.room, sizeof(uint64_t));
    for (size_t i = 0; i < old_room; i++)
        if (old[i] != 0)
            *slot_of(old[i] | 1) = old[i];
    free(old);
}

void referee_rcpt(const char *path, size_t len, int code)
{
    uint64_t hash = truth_hash(path, len) | 1;
    uint64_t remembered = code / 100 == 4 ? hash - 1 : hash;
    if (asked.count * 2 >= asked.room)
        make_room();
    uint64_t *slot = slot_of(hash);
    if (*slot == 0)
        asked.count++;
    else if (*slot == hash)
        referee.repeated_after_answer++;
    else
        referee.repeated_after_4xx++;
    *slot = remembered != 0 ? remembered : hash;
    referee.rcpts++;
    (code < 300 ? &referee.rcpts_2xx : code < 500 ? &referee.rcpts_4xx : &referee.rcpts_5xx)[0]++;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

#define ROW(member)                 \
    {                               \
#member, &referee.member, 0 \
    }

void referee_write(void)
{
    const struct {
        const char *name;
        const uint64_t *counter;
        uint64_t value; /* without a counter */
    } rows[] = {ROW(connections),
                ROW(sessions_max),
                {"sessions_open", NULL, open_now},
                {"per_address_max", NULL, per_address_max},
                {"per_operator_max", NULL, per_operator_max},
                ROW(transactions),
                ROW(rcpts),
                ROW(rcpts_2xx),
                ROW(rcpts_4xx),
                ROW(rcpts_5xx),
                ROW(rsets),
                ROW(quits),
                ROW(starttls),
                ROW(reply_groups),
                ROW(refused_421),
                ROW(errors_421),
                ROW(error_sleeps),
                ROW(quits_missing),
                ROW(left_ungreeted),
                ROW(left_at_banner),
                ROW(early_talkers),
                ROW(unasked_pipelining),
                ROW(bad_octets),
                ROW(bad_commands),
                ROW(over_budget),
                ROW(repeated_after_answer),
                ROW(repeated_after_4xx),
                {"dns_a", &referee.dns[COUNT_A], 0},
                {"dns_aaaa", &referee.dns[COUNT_AAAA], 0},
                {"dns_mx", &referee.dns[COUNT_MX], 0},
                {"dns_txt", &referee.dns[COUNT_TXT], 0},
                {"dns_other", &referee.dns[COUNT_OTHER], 0},
                ROW(dns_bad)};
    char part[4096];
    snprintf(part, sizeof(part), "%s.part", options.report != NULL ? options.report : "");
    FILE *out = options.report != NULL ? fopen(part, "w") : stdout;
    if (out == NULL) {
        perror(part);
        return;
    }
    fputc('{', out);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        fprintf(out, "\"%s\": %llu, ", rows[i].name,
                (unsigned long long)(rows[i].counter != NULL ? *rows[i].counter : rows[i].value));
    fprintf(out, "\"cpu_seconds\": %.3f}\n", cpu_seconds());
    if (out == stdout)
        fflush(out);
    else if (fclose(out) != 0 || rename(part, options.report) != 0)
        perror(options.report);
}
