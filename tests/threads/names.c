/* For TSan: eight threads make leads of names in many scripts, beginning at the same moment, so
 * that ICU's parts are opened by whoever comes first; and all of them write one pattern book.
 * Exit 0 when every lead came out as it should and nothing was counted twice or lost. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "find/lead.h"
#include "find/pattern_book.h"

enum { THREADS = 8, ROUNDS = 60, DOMAINS = 40, BOOK = 32 };

static const struct {
    const char *first, *last, *local;
} people[] = {
    {"Jürgen", "Müller", "juergen.mueller"},
    {"Дмитрий", "Щукин", "dmitry.shchukin"},
    {"Сергій", "Шевченко", "serhiy.shevchenko"},
    {"Χρήστος", "Ηλίας", "christos.ilias"},
    {"小明", "曾", "xiaoming.zeng"},
    {"John", "Doe", "john.doe"},
};

static pthread_barrier_t start;
static struct pattern_book *book;

static void make_one(size_t i)
{
    struct arena *arena = arena_new();
    struct lead lead;
    char local[CANDIDATE_SIZE] = "";
    lead_make(arena, people[i].first, strlen(people[i].first), people[i].last,
              strlen(people[i].last), "firma.de", 8, &lead);
    assert(candidate_by(&lead.person, 0, local));
    assert(strcmp(local, people[i].local) == 0);
    arena_free(&arena);
}

static void write_one(int round)
{
    struct pattern_counts counts = {{0}};
    int order[PATTERNS_MAX];
    char domain[32];
    snprintf(domain, sizeof(domain), "d%d.com", round % DOMAINS);
    pattern_book_confirm(book, "all.com", 1, "google");
    pattern_book_teach(book, domain, &counts);
    pattern_book_teach_provider(book, domain, &counts);
    pattern_book_taught_providers(book);
    pattern_book_knows(book, domain);
    pattern_book_knows_providers(book);
    pattern_book_of_domain(book, domain, order, &counts);
    pattern_book_of_provider(book, "google", order, &counts);
}

static void *work(void *arg)
{
    size_t number = (size_t)(uintptr_t)arg;
    pthread_barrier_wait(&start);
    for (int round = 0; round < ROUNDS; round++) {
        make_one((number + (size_t)round) % COUNT_OF(people));
        write_one(round);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    struct pattern_counts counts;
    int order[PATTERNS_MAX];
    book = pattern_book_new(BOOK, 60000);
    pthread_barrier_init(&start, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)i) != 0)
            return 1;
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pattern_book_of_domain(book, "all.com", order, &counts);
    assert(counts.of[1] == THREADS * ROUNDS);
    pattern_book_free(&book);
    pthread_barrier_destroy(&start);
    printf("names: %d leads, %u confirmations\n", THREADS * ROUNDS, counts.of[1]);
    return 0;
}
