/* pattern_store.c - patterns of local parts, between the book in memory and the database.
 *
 * What is written says that a pattern was confirmed at a domain once more, and who receives its
 * mail; never who it was confirmed for.  A process that writes also takes away, now and then, what
 * was not confirmed for a year. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "app/pattern_store.h"
#include "store/store_pattern.h"

enum { PURGE_EVERY = 64, PURGE_DAYS = 365, PROVIDER_SIZE = 65, DOMAIN_MAX = 255, PERSONS = 8192 };

static const char patterns[] = "patterns of domains";

/* ---- reading ---- */

struct domains_read {
    const char *const *names;
    struct pattern_counts *counts;
    size_t count;
};

static void take_domain(const struct pattern_row *row, void *arg)
{
    struct domains_read *read = arg;
    int pattern = pattern_find(row->pattern); /* -1: another version's */
    for (size_t i = 0; i < read->count && pattern >= 0; i++)
        if (strcmp(read->names[i], row->domain) == 0)
            read->counts[i].of[pattern] = (uint32_t)row->confirmed;
}

/* Those that have no row are known, too: to have none. */
static enum db_status read_domains(struct db *db, struct pattern_book *book,
                                   const char *const *domains, size_t count)
{
    struct pattern_counts counts[PATTERN_DOMAINS_MAX] = {0};
    struct domains_read read = {domains, counts, count};
    enum db_status status = store_pattern_get(db, domains, count, take_domain, &read);
    for (size_t i = 0; i < count && status == DB_OK; i++)
        pattern_book_teach(book, domains[i], &counts[i]);
    return status;
}

struct providers_read {
    struct pattern_book *book;
    char name[PROVIDER_SIZE]; /* whose counts these are; "" nobody's yet */
    struct pattern_counts counts;
};

static void provider_is_read(struct providers_read *read)
{
    if (read->name[0] != '\0')
        pattern_book_teach_provider(read->book, read->name, &read->counts);
    read->counts = (struct pattern_counts){0};
}

static void take_provider(const struct pattern_row *row, void *arg)
{
    struct providers_read *read = arg;
    int pattern = pattern_find(row->pattern);
    if (strcmp(read->name, row->provider) != 0) {
        provider_is_read(read);
        snprintf(read->name, sizeof(read->name), "%s", row->provider);
    }
    if (pattern >= 0)
        read->counts.of[pattern] = (uint32_t)row->confirmed;
}

static enum db_status read_providers(struct db *db, struct pattern_book *book)
{
    struct providers_read read = {.book = book};
    enum db_status status = store_pattern_providers(db, take_provider, &read);
    if (status != DB_OK)
        return status;
    provider_is_read(&read);
    pattern_book_taught_providers(book);
    return DB_OK;
}

static size_t next_unknown(struct pattern_book *book, const char *const *domains, size_t count,
                           size_t *at, const char *out[PATTERN_DOMAINS_MAX])
{
    size_t some = 0;
    for (; *at < count && some < PATTERN_DOMAINS_MAX; (*at)++)
        if (strlen(domains[*at]) <= DOMAIN_MAX && !pattern_book_knows(book, domains[*at]))
            out[some++] = domains[*at];
    return some;
}

void pattern_store_read(struct app *app, struct pattern_book *book, const char *const *domains,
                        size_t count)
{
    const char *some[PATTERN_DOMAINS_MAX];
    size_t at = 0, unknown = next_unknown(book, domains, count, &at, some);
    enum db_status status = DB_OK;
    if (unknown == 0)
        return;
    struct db *db = app_db_borrow(app);
    if (db == NULL)
        return;
    if (!pattern_book_knows_providers(book))
        status = read_providers(db, book);
    for (; unknown > 0 && status == DB_OK; unknown = next_unknown(book, domains, count, &at, some))
        status = read_domains(db, book, some, unknown);
    app_db_return(app, &db, status, patterns);
}

/* ---- writing ---- */

static bool is_confirmed(const struct facts *facts)
{
    const struct found_facts *found = &facts->found;
    bool by_server = found->source == FOUND_BY_SMTP || found->source == FOUND_BY_PATTERN;
    return found->searched && found->confidence == FOUND_HIGH && by_server && !facts->cached;
}

/* The same person once more is no second confirmation: this process remembers the last ones, each
 * by a keyed hash and until another one takes its place. */
static bool is_new(struct app *app, const char *email)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static uint64_t last[PERSONS];
    uint8_t hash[32];
    uint64_t person;
    app_text_hash(app, email, hash);
    memcpy(&person, hash, sizeof(person));
    pthread_mutex_lock(&lock);
    bool seen = last[person % PERSONS] == person;
    last[person % PERSONS] = person;
    pthread_mutex_unlock(&lock);
    return !seen;
}

/* A row for each pattern of a domain, however many of these confirm it. */
static void add_row(struct pattern_row *rows, size_t *count, const struct facts *facts)
{
    const char *provider = facts->lists.provider;
    for (size_t i = 0; i < *count; i++)
        if (strcmp(rows[i].domain, facts->address.domain) == 0 &&
            strcmp(rows[i].pattern, facts->found.pattern) == 0) {
            rows[i].confirmed++;
            return;
        }
    rows[(*count)++] = (struct pattern_row){.domain = facts->address.domain,
                                            .pattern = facts->found.pattern,
                                            .provider = provider != NULL ? provider : "",
                                            .confirmed = 1};
}

static enum db_status purge_sometimes(struct db *db)
{
    static atomic_uint written;
    uint64_t purged = 0;
    if (atomic_fetch_add(&written, 1) % PURGE_EVERY != 0)
        return DB_OK;
    return store_pattern_purge(db, PURGE_DAYS, &purged);
}

static void write_rows(struct app *app, struct pattern_row *rows, size_t count)
{
    struct db *db = count > 0 ? app_db_borrow(app) : NULL;
    if (db == NULL)
        return;
    enum db_status status = store_pattern_confirm(db, rows, count);
    if (status == DB_OK)
        status = purge_sometimes(db);
    app_db_return(app, &db, status, patterns);
}

void pattern_store_keep(struct app *app, const struct facts *const *facts, size_t count)
{
    struct pattern_row rows[PATTERN_ROWS_MAX];
    size_t row_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_confirmed(facts[i]) && is_new(app, facts[i]->found.email))
            add_row(rows, &row_count, facts[i]);
        if (row_count == PATTERN_ROWS_MAX) {
            write_rows(app, rows, row_count);
            row_count = 0;
        }
    }
    write_rows(app, rows, row_count);
}
