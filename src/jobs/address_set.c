/* address_set.c - which addresses came before, and in which turn each is asked about.
 *
 * A set of a million is made of 256 small tables, each of which grows by a quarter when seven
 * eighths of it are taken, so that only one of them is there twice at any time: 13.7 to 17.2 bytes
 * an entry. A slot is a 64-bit hash and the number of a row.  Tables are probed from slot to slot:
 * some 30 looks at the fullest, all of them next to each other.
 *
 * The hash has a secret that is another one in every process, so nobody can make a list of
 * addresses that are taken for one, or that all fall into one table. */
#include <stdlib.h>
#include <string.h>

#include "jobs/address_set.h"
#include "jobs/list_cell.h"
#include "base/crypto.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "verify/syntax.h"

static uint8_t secret[16];

__attribute__((constructor)) static void draw_secret(void)
{
    crypto_random(secret, sizeof(secret));
}

/* ---- the set ---- */

enum { TABLES = 256, FIRST_SLOTS = 16 };

struct table {
    uint64_t *keys; /* behind them, in the same memory, the rows */
    uint32_t *rows; /* 0: the slot is free */
    uint32_t slots, used;
};

struct address_set {
    struct table tables[TABLES];
    size_t memory;
};

static size_t table_bytes(uint32_t slots)
{
    return slots * (sizeof(uint64_t) + sizeof(uint32_t));
}

/* The slot of the key, or the free one where it would be. */
static uint32_t find_slot(const struct table *t, uint64_t key)
{
    uint32_t slot = (uint32_t)((key & UINT32_MAX) * t->slots >> 32);
    while (t->rows[slot] != 0 && t->keys[slot] != key)
        slot = slot + 1 < t->slots ? slot + 1 : 0;
    return slot;
}

static void grow(struct address_set *set, struct table *t)
{
    struct table old = *t;
    t->slots = old.slots > 0 ? old.slots + old.slots / 4 : FIRST_SLOTS;
    t->keys = x_calloc(1, table_bytes(t->slots));
    t->rows = (uint32_t *)(t->keys + t->slots);
    for (uint32_t i = 0; i < old.slots; i++) {
        if (old.rows[i] == 0)
            continue;
        uint32_t slot = find_slot(t, old.keys[i]);
        t->keys[slot] = old.keys[i];
        t->rows[slot] = old.rows[i];
    }
    free(old.keys);
    set->memory += table_bytes(t->slots) - table_bytes(old.slots);
}

struct address_set *address_set_new(void)
{
    struct address_set *set = NEW(struct address_set);
    set->memory = sizeof(*set);
    return set;
}

void address_set_free(struct address_set **set)
{
    if (*set == NULL)
        return;
    for (size_t i = 0; i < TABLES; i++)
        free((*set)->tables[i].keys);
    free(*set);
    *set = NULL;
}

uint32_t address_set_add(struct address_set *set, uint64_t key, uint32_t n)
{
    struct table *t = &set->tables[key >> 56];
    if (t->used >= t->slots - t->slots / 8)
        grow(set, t);
    uint32_t slot = find_slot(t, key);
    if (t->rows[slot] != 0)
        return t->rows[slot];
    t->keys[slot] = key;
    t->rows[slot] = n;
    t->used++;
    return n;
}

size_t address_set_memory(const struct address_set *set)
{
    return set->memory;
}

/* ---- keys ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

uint64_t address_set_key(const char *text, size_t len)
{
    struct list_text trimmed = list_cell_trim(text, len);
    struct address address;
    if (address_parse(trimmed.at, trimmed.len, &address) != ADDRESS_OK)
        return hash_sip(secret, trimmed.at, trimmed.len);
    size_t size = strlen(address.text);
    for (size_t i = 0; i < size; i++)
        address.text[i] = lower(address.text[i]);
    return hash_sip(secret, address.text, size);
}

/* ---- turns ---- */

enum { GROUPS = 65536 };

/* The last group of a domain; one domain a place, the latest wins. */
struct group {
    uint32_t domain; /* a hash of it */
    uint32_t turn;
    uint32_t rows; /* 0: nobody's place */
};

struct address_turns {
    struct group groups[GROUPS];
};

struct address_turns *address_turns_new(void)
{
    return NEW(struct address_turns);
}

void address_turns_free(struct address_turns **turns)
{
    free(*turns);
    *turns = NULL;
}

/* Each step can be undone, so no two rows get the same turn, and 0 is that of row 0 only, which
 * does not exist.  Constants: the finaliser of MurmurHash3 (Appleby, public domain). */
static uint32_t scatter(uint32_t n)
{
    n ^= n >> 16;
    n *= 0x85EBCA6BU;
    n ^= n >> 13;
    n *= 0xC2B2AE35U;
    n ^= n >> 16;
    return n;
}

/* Of what stands behind the last "@", in lower case.  What is longer than a domain may be is told
 * apart by its end. */
static uint64_t domain_hash(const char *domain, size_t len)
{
    char lowered[ADDRESS_DOMAIN_MAX];
    size_t skip = len > sizeof(lowered) ? len - sizeof(lowered) : 0;
    for (size_t i = skip; i < len; i++)
        lowered[i - skip] = lower(domain[i]);
    return hash_sip(secret, lowered, len - skip);
}

uint32_t address_turns_of(struct address_turns *turns, const char *text, size_t len, uint32_t n)
{
    const char *at = len > 0 ? memrchr(text, '@', len) : NULL;
    if (at == NULL)
        return scatter(n);
    uint64_t hash = domain_hash(at + 1, (size_t)(text + len - at - 1));
    struct group *group = &turns->groups[hash % GROUPS];
    uint32_t domain = (uint32_t)(hash >> 32);
    if (group->rows == 0 || group->domain != domain || group->rows == ADDRESS_TURN_GROUP)
        *group = (struct group){.domain = domain, .turn = scatter(n)};
    group->rows++;
    return group->turn;
}
