/* pattern_book.c - what is known of how domains build their local parts.
 *
 * Counts only: which person was found is nowhere in here.  A domain's counts come from the database
 * (teach) and from what servers said to this process since (confirm).  The two overlap, as what is
 * learnt here is written there some time later; so within keep_ms the larger number stands, and
 * after it what is taught.  What is old is still told: it is better than nothing when the database
 * cannot be asked, and pattern_book_knows says that it is time to ask.
 *
 * A provider's counts are of domains: one more when a pattern is confirmed at a domain for the
 * first time, as far as this process knows.
 *
 * At most domains_max domains; the one that was taught or confirmed longest ago makes room.
 * Providers are few and come from our own table; PROVIDERS_MAX is for the case that they do not.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "find/pattern_book.h"

enum { PROVIDERS_MAX = 256 };

struct entry {
    char *name;
    struct pattern_counts counts;
    bool taught;
    int64_t taught_ms, changed_ms;
    UT_hash_handle hh; /* longest unchanged first */
};

struct pattern_book {
    pthread_mutex_t lock;
    struct entry *domains, *providers;
    size_t domains_max;
    int64_t keep_ms;
    bool providers_taught;
    int64_t providers_ms;
};

struct pattern_book *pattern_book_new(size_t domains_max, int64_t keep_ms)
{
    struct pattern_book *book = NEW(struct pattern_book);
    pthread_mutex_init(&book->lock, NULL);
    book->domains_max = domains_max > 0 ? domains_max : 1;
    book->keep_ms = keep_ms;
    return book;
}

static void drop(struct entry **table, struct entry *entry)
{
    HASH_DEL(*table, entry);
    free(entry->name);
    free(entry);
}

void pattern_book_free(struct pattern_book **book)
{
    if (*book == NULL)
        return;
    while ((*book)->domains != NULL)
        drop(&(*book)->domains, (*book)->domains);
    while ((*book)->providers != NULL)
        drop(&(*book)->providers, (*book)->providers);
    pthread_mutex_destroy(&(*book)->lock);
    free(*book);
    *book = NULL;
}

static struct entry *find(struct entry *table, const char *name)
{
    struct entry *entry;
    HASH_FIND_STR(table, name, entry);
    return entry;
}

/* The entry, as the youngest of its table. */
static struct entry *touch(struct entry **table, size_t max, const char *name)
{
    struct entry *entry = find(*table, name);
    if (entry != NULL) {
        HASH_DEL(*table, entry);
    } else {
        while (*table != NULL && HASH_COUNT(*table) >= max)
            drop(table, *table);
        entry = NEW(struct entry);
        entry->name = x_strdup(name);
    }
    HASH_ADD_KEYPTR(hh, *table, entry->name, strlen(entry->name), entry);
    return entry;
}

static bool is_recent(const struct pattern_book *book, int64_t since_ms)
{
    return clock_mono_ms() - since_ms <= book->keep_ms;
}

static void count_one(uint32_t *count)
{
    if (*count < UINT32_MAX)
        ++*count;
}

/* ---- teaching ---- */

bool pattern_book_knows(struct pattern_book *book, const char *domain)
{
    pthread_mutex_lock(&book->lock);
    struct entry *entry = find(book->domains, domain);
    bool knows = entry != NULL && entry->taught && is_recent(book, entry->taught_ms);
    pthread_mutex_unlock(&book->lock);
    return knows;
}

static void teach(struct pattern_book *book, struct entry *entry,
                  const struct pattern_counts *counts)
{
    bool keeps = is_recent(book, entry->changed_ms);
    for (int i = 0; i < PATTERNS_MAX; i++)
        if (!keeps || counts->of[i] > entry->counts.of[i])
            entry->counts.of[i] = counts->of[i];
    entry->taught = true;
    entry->taught_ms = entry->changed_ms = clock_mono_ms();
}

void pattern_book_teach(struct pattern_book *book, const char *domain,
                        const struct pattern_counts *counts)
{
    pthread_mutex_lock(&book->lock);
    teach(book, touch(&book->domains, book->domains_max, domain), counts);
    pthread_mutex_unlock(&book->lock);
}

bool pattern_book_knows_providers(struct pattern_book *book)
{
    pthread_mutex_lock(&book->lock);
    bool knows = book->providers_taught && is_recent(book, book->providers_ms);
    pthread_mutex_unlock(&book->lock);
    return knows;
}

void pattern_book_teach_provider(struct pattern_book *book, const char *provider,
                                 const struct pattern_counts *counts)
{
    if (*provider == '\0')
        return;
    pthread_mutex_lock(&book->lock);
    teach(book, touch(&book->providers, PROVIDERS_MAX, provider), counts);
    pthread_mutex_unlock(&book->lock);
}

void pattern_book_taught_providers(struct pattern_book *book)
{
    pthread_mutex_lock(&book->lock);
    book->providers_taught = true;
    book->providers_ms = clock_mono_ms();
    pthread_mutex_unlock(&book->lock);
}

/* ---- learning ---- */

void pattern_book_confirm(struct pattern_book *book, const char *domain, int pattern,
                          const char *provider)
{
    if (pattern < 0 || pattern >= PATTERNS_MAX)
        return;
    pthread_mutex_lock(&book->lock);
    struct entry *entry = touch(&book->domains, book->domains_max, domain);
    bool is_new = entry->counts.of[pattern] == 0;
    count_one(&entry->counts.of[pattern]);
    entry->changed_ms = clock_mono_ms();
    if (is_new && *provider != '\0') {
        struct entry *at = touch(&book->providers, PROVIDERS_MAX, provider);
        count_one(&at->counts.of[pattern]);
        at->changed_ms = clock_mono_ms();
    }
    pthread_mutex_unlock(&book->lock);
}

/* ---- telling ---- */

/* Patterns by their counts; of equals the likelier one (candidates.c) first. */
static size_t rank(const struct pattern_counts *counts, int out[PATTERNS_MAX])
{
    size_t count = 0;
    for (int pattern = 0; pattern < pattern_count(); pattern++) {
        size_t at = count;
        if (counts->of[pattern] == 0)
            continue;
        for (; at > 0 && counts->of[out[at - 1]] < counts->of[pattern]; at--)
            out[at] = out[at - 1];
        out[at] = pattern;
        count++;
    }
    return count;
}

static struct pattern_counts recall(struct pattern_book *book, struct entry *const *table,
                                    const char *name)
{
    struct pattern_counts counts = {{0}};
    pthread_mutex_lock(&book->lock);
    const struct entry *entry = find(*table, name);
    if (entry != NULL)
        counts = entry->counts;
    pthread_mutex_unlock(&book->lock);
    return counts;
}

size_t pattern_book_of_domain(struct pattern_book *book, const char *domain, int out[PATTERNS_MAX],
                              struct pattern_counts *counts)
{
    *counts = recall(book, &book->domains, domain);
    return rank(counts, out);
}

size_t pattern_book_of_provider(struct pattern_book *book, const char *provider,
                                int out[PATTERNS_MAX], struct pattern_counts *counts)
{
    uint64_t domains = 0;
    *counts = recall(book, &book->providers, provider);
    for (int i = 0; i < PATTERNS_MAX; i++)
        domains += counts->of[i];
    if (domains < PATTERN_PROVIDER_MIN)
        *counts = (struct pattern_counts){{0}};
    return rank(counts, out);
}
