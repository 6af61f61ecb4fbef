/* test_pattern_book.c - what is known of how domains build their local parts. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "find/pattern_book.h"

enum { KEEP_MS = 60000, FIRST_LAST = 0, FLAST = 1, FIRST = 2 };

static uint32_t count_of(struct pattern_book *book, const char *domain, int pattern)
{
    int order[PATTERNS_MAX];
    struct pattern_counts counts;
    pattern_book_of_domain(book, domain, order, &counts);
    return counts.of[pattern];
}

Test(pattern_book, learns_and_tells)
{
    int order[PATTERNS_MAX];
    struct pattern_counts counts;
    struct pattern_book *book = pattern_book_new(10, KEEP_MS);
    cr_expect_eq(pattern_book_of_domain(book, "a.com", order, &counts), 0);
    pattern_book_confirm(book, "a.com", FIRST, "");
    pattern_book_confirm(book, "a.com", FLAST, "");
    pattern_book_confirm(book, "a.com", FLAST, "google");
    pattern_book_confirm(book, "a.com", FIRST_LAST, "");
    cr_assert_eq(pattern_book_of_domain(book, "a.com", order, &counts), 3);
    cr_expect(order[0] == FLAST && order[1] == FIRST_LAST && order[2] == FIRST);
    cr_expect(counts.of[FLAST] == 2 && counts.of[FIRST_LAST] == 1);
    cr_expect_not(pattern_book_knows(book, "a.com"), "nobody has taught it");
    pattern_book_confirm(book, "a.com", -1, "");
    pattern_book_confirm(book, "a.com", PATTERNS_MAX, "");
    cr_expect_eq(pattern_book_of_domain(book, "a.com", order, &counts), 3, "no patterns");
    pattern_book_free(&book);
    pattern_book_free(&book);
}

Test(pattern_book, is_taught)
{
    struct pattern_book *book = pattern_book_new(10, KEEP_MS);
    struct pattern_counts taught = {{0}}, none = {{0}};
    taught.of[FLAST] = 5;
    pattern_book_teach(book, "none.com", &none);
    cr_expect(pattern_book_knows(book, "none.com"), "that there is nothing is known, too");
    cr_expect_not(pattern_book_knows(book, "a.com"));
    pattern_book_confirm(book, "a.com", FIRST, "");
    pattern_book_confirm(book, "a.com", FLAST, "");
    pattern_book_teach(book, "a.com", &taught);
    cr_expect(pattern_book_knows(book, "a.com"));
    cr_expect_eq(count_of(book, "a.com", FLAST), 5, "not counted twice");
    cr_expect_eq(count_of(book, "a.com", FIRST), 1, "not yet in the database");

    clock_test_shift(KEEP_MS + 1);
    cr_expect_not(pattern_book_knows(book, "a.com"));
    cr_expect_eq(count_of(book, "a.com", FLAST), 5, "better than nothing");
    taught.of[FLAST] = 3;
    pattern_book_teach(book, "a.com", &taught);
    cr_expect_eq(count_of(book, "a.com", FLAST), 3, "the database has forgotten some");
    cr_expect_eq(count_of(book, "a.com", FIRST), 0);
    pattern_book_confirm(book, "a.com", FIRST, "");
    clock_test_shift(KEEP_MS + 1);
    pattern_book_confirm(book, "a.com", FIRST, "");
    cr_expect_not(pattern_book_knows(book, "a.com"), "to confirm is not to teach");
    pattern_book_free(&book);
}

Test(pattern_book, oldest_goes_first)
{
    struct pattern_book *book = pattern_book_new(3, KEEP_MS);
    struct pattern_counts none = {{0}};
    pattern_book_confirm(book, "a.com", FLAST, "");
    pattern_book_confirm(book, "b.com", FLAST, "");
    pattern_book_teach(book, "c.com", &none);
    pattern_book_confirm(book, "a.com", FLAST, "");
    pattern_book_confirm(book, "d.com", FLAST, "");
    cr_expect_eq(count_of(book, "b.com", FLAST), 0, "a.com was confirmed after it");
    cr_expect_eq(count_of(book, "a.com", FLAST), 2);
    for (int i = 0; i < 1000; i++) {
        char domain[32];
        snprintf(domain, sizeof(domain), "d%d.com", i);
        pattern_book_teach(book, domain, &none);
    }
    cr_expect_not(pattern_book_knows(book, "d996.com"));
    cr_expect(pattern_book_knows(book, "d997.com") && pattern_book_knows(book, "d999.com"));
    pattern_book_free(&book);
}

static size_t of_provider(struct pattern_book *book, const char *provider, int *first)
{
    int order[PATTERNS_MAX] = {-1};
    struct pattern_counts counts;
    size_t count = pattern_book_of_provider(book, provider, order, &counts), told = 0;
    for (int i = 0; i < PATTERNS_MAX; i++)
        told += counts.of[i] > 0;
    cr_expect_eq(told, count, "%s: %zu patterns are counted, %zu told", provider, told, count);
    *first = count > 0 ? order[0] : -1;
    return count;
}

Test(pattern_book, providers)
{
    struct pattern_book *book = pattern_book_new(100, KEEP_MS);
    char domain[32];
    int first;
    for (int i = 0; i < PATTERN_PROVIDER_MIN; i++) {
        cr_expect_eq(of_provider(book, "google", &first), 0, "after %d", i);
        snprintf(domain, sizeof(domain), "d%d.com", i);
        for (int times = 0; times < 5; times++) /* a domain is counted once */
            pattern_book_confirm(book, domain, i % 4 == 0 ? FIRST : FLAST, "google");
    }
    cr_assert_eq(of_provider(book, "google", &first), 2);
    cr_expect_eq(first, FLAST);
    cr_expect_eq(of_provider(book, "", &first), 0);
    cr_expect_eq(of_provider(book, "microsoft", &first), 0);

    struct pattern_counts taught = {{0}};
    taught.of[FIRST_LAST] = 1000;
    cr_expect_not(pattern_book_knows_providers(book));
    pattern_book_teach_provider(book, "microsoft", &taught);
    pattern_book_teach_provider(book, "", &taught);
    cr_expect_not(pattern_book_knows_providers(book), "not all of them");
    pattern_book_taught_providers(book);
    cr_expect(pattern_book_knows_providers(book));
    cr_expect(of_provider(book, "microsoft", &first) == 1 && first == FIRST_LAST);
    cr_expect_eq(of_provider(book, "", &first), 0);
    clock_test_shift(KEEP_MS + 1);
    cr_expect_not(pattern_book_knows_providers(book));
    pattern_book_free(&book);
}

/* A database that has more patterns than this program: they are no candidates here. */
Test(pattern_book, unknown_patterns_are_not_told)
{
    struct pattern_book *book = pattern_book_new(10, KEEP_MS);
    struct pattern_counts taught;
    int order[PATTERNS_MAX];
    memset(&taught, 0xFF, sizeof(taught));
    pattern_book_teach(book, "a.com", &taught);
    pattern_book_confirm(book, "a.com", FLAST, "");
    cr_expect_eq(count_of(book, "a.com", FLAST), UINT32_MAX, "does not start again at 0");
    cr_expect_eq(pattern_book_of_domain(book, "a.com", order, &taught), (size_t)pattern_count());
    pattern_book_free(&book);
}

enum { THREADS = 4, TIMES = 500 };

static void *use_often(void *arg)
{
    struct pattern_book *book = arg;
    struct pattern_counts none = {{0}};
    char domain[32];
    for (int i = 0; i < TIMES; i++) {
        snprintf(domain, sizeof(domain), "d%d.com", i % 40);
        pattern_book_confirm(book, "all.com", FLAST, "google");
        pattern_book_teach(book, domain, &none);
        pattern_book_knows(book, domain);
        count_of(book, domain, FLAST);
    }
    return NULL;
}

Test(pattern_book, threads)
{
    struct pattern_book *book = pattern_book_new(200, KEEP_MS);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, use_often, book), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cr_expect_eq(count_of(book, "all.com", FLAST), THREADS * TIMES);
    pattern_book_free(&book);
}
