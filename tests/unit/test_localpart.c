/* test_localpart.c - the two heuristics, by rows that must hold and by rates on labelled tables.
 *
 * The rates are printed.  The tuning table was looked at while the rules were written; the hold-out
 * table was written before them and only ever measured.  The floors lie below what was reached: a
 * change that falls under them made something worse. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "verify/letters.h"
#include "verify/localpart.h"

struct row {
    const char *local;
    bool real_name, gibberish;
};

static const struct row rows[] = {
    {"john.smith", true, false},
    {"John.Smith", true, false},
    {"j.smith", true, false},
    {"jsmith", true, false},
    {"smithj", true, false},
    {"johnsmith", true, false},
    {"john.smith+news", true, false},
    {"john.smith1985", true, false},
    {"john.smith.85", true, false},
    {"mary-ann_o'neil", true, false},
    {"j\xC3\xBCrgen.m\xC3\xBCller", true, false},
    {"JOS\xC3\x89.GARC\xC3\x8D"
     "A",
     true, false},
    {"juergen.mueller", true, false},
    {"marco.de.luca", true, false},
    {"john.smith12345", false, false},
    {"john..smith", false, false},
    {"4john.smith", false, false},
    {"", false, false},
    {".", false, false},
    {"+tag", false, false},
    {"info", false, false},
    {"user", false, false},
    {"test", false, false},
    {"sales", false, false},
    {"pizza.lover", false, false},
    {"mk", false, false},
    {"jd42", false, false},
    {"2024", false, false},
    {"13912345678", false, false},
    {"\xE7\x94\xA8\xE6\x88\xB7", false, false},
    {"john smith\"", false, false},
    {"xk3jq9vz", false, true},
    {"asdfghjkl", false, true},
    {"8f14e45fceea", false, true},
    {"8F14E45FCEEA", false, true},
    {"asdfghjkl+tag", false, true},
    {"5f89d41e-1c2a-4505-bc02-bfc2b559a04d", false, true},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false, true},
};

Test(localpart, single_rows)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cr_expect_eq(localpart_real_name(rows[i].local), rows[i].real_name, "%s: real name",
                     rows[i].local);
        cr_expect_eq(localpart_gibberish(rows[i].local), rows[i].gibberish, "%s: gibberish",
                     rows[i].local);
    }
}

struct rate {
    unsigned yes, yes_found, no, no_found; /* labelled so, and what the rule said of them */
};

static void rate_add(struct rate *r, bool labelled, bool found)
{
    unsigned *count = labelled ? &r->yes : &r->no;
    unsigned *hit = labelled ? &r->yes_found : &r->no_found;
    *count += 1;
    *hit += found;
}

static void rate_check(const char *what, const struct rate *r, unsigned recall, unsigned wrong)
{
    unsigned got = r->yes_found * 1000 / r->yes, bad = r->no_found * 1000 / r->no;
    fprintf(stderr, "localpart: %s: recall %u of %u (%u.%u %%), false %u of %u (%u.%u %%)\n", what,
            r->yes_found, r->yes, got / 10, got % 10, r->no_found, r->no, bad / 10, bad % 10);
    cr_expect_geq(got, recall, "%s: recall %u per mille", what, got);
    cr_expect_leq(bad, wrong, "%s: false %u per mille", what, bad);
}

/* Reads a table; VRFY_TEST_VERBOSE prints each row that a rule gets wrong (tuning only). */
static void table_rate(const char *path, struct rate *name, struct rate *gibberish)
{
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f, "%s: run tests from the top of the tree", path);
    char line[256];
    while (fgets(line, sizeof(line), f) != NULL) {
        char *tab = strchr(line, '\t');
        if (line[0] == '#' || tab == NULL)
            continue;
        *tab = '\0';
        const char *class = tab + 1;
        bool is_name = strcmp(class, "name\n") == 0, is_made = strcmp(class, "gibberish\n") == 0;
        bool said_name = localpart_real_name(line), said_made = localpart_gibberish(line);
        rate_add(name, is_name, said_name);
        rate_add(gibberish, is_made, said_made);
        if (getenv("VRFY_TEST_VERBOSE") != NULL && (is_name != said_name || is_made != said_made))
            fprintf(stderr, "  %s: name %d gibberish %d, labelled %s", line, said_name, said_made,
                    class);
    }
    fclose(f);
}

Test(localpart, rates_on_the_tuning_table)
{
    struct rate name = {0}, gibberish = {0};
    table_rate("tests/unit/data/localpart_tuning.tsv", &name, &gibberish);
    rate_check("tuning, real name", &name, 900, 20);
    rate_check("tuning, gibberish", &gibberish, 900, 20);
}

Test(localpart, rates_on_the_holdout_table)
{
    struct rate name = {0}, gibberish = {0};
    table_rate("tests/unit/data/localpart_holdout.tsv", &name, &gibberish);
    rate_check("hold-out, real name", &name, 800, 50);
    rate_check("hold-out, gibberish", &gibberish, 800, 50);
}

Test(localpart, random_is_plausible_and_new)
{
    enum { COUNT = 2000 };
    char(*made)[40] = x_calloc(COUNT, sizeof(*made));
    for (int i = 0; i < COUNT; i++) {
        localpart_random(made[i], sizeof(made[i]));
        size_t len = strlen(made[i]);
        cr_expect(len >= 10 && len < 39, "%s: length", made[i]);
        cr_expect_eq(strspn(made[i], "abcdefghijklmnopqrstuvwxyz.0123456789"), len, "%s", made[i]);
        cr_expect_not(localpart_gibberish(made[i]), "%s: gibberish", made[i]);
    }
    qsort(made, COUNT, sizeof(*made), (int (*)(const void *, const void *))strcmp);
    for (int i = 1; i < COUNT; i++)
        cr_expect_str_neq(made[i - 1], made[i], "%s: twice", made[i]);
    free(made);
}

Test(localpart, folding)
{
    char out[8];
    cr_expect_eq(letters_fold("Jos\xC3\xA9+x", out, sizeof(out)), 4);
    cr_expect_str_eq(out, "jose");
    cr_expect_eq(letters_fold("O'Neil", out, sizeof(out)), 5);
    cr_expect_eq(letters_fold("\xC5\x81\xC3\xB3"
                              "d\xC5\xBA",
                              out, sizeof(out)),
                 4);
    cr_expect_str_eq(out, "lodz");
    cr_expect_eq(letters_fold("12345678", out, sizeof(out)), 0, "too long for out");
    cr_expect_eq(letters_fold("\xD0\x98", out, sizeof(out)), 0, "Cyrillic has no base letter");
    cr_expect_lt(letters_surprise("anderson", 8), 65);
    cr_expect_gt(letters_surprise("xqzvkjwp", 8), 110);
    cr_expect_eq(letters_surprise("", 0), 0);
}
