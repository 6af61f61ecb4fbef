/* test_local_risk.c - what a local part shows: rows that must hold, and rates of random_local on
 * names from the shipped lists, on the labelled tables of test_localpart.c, and on strings drawn
 * here.  The rates are printed; local_risk.c quotes them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "verify/domain_risk.h"
#include "verify/lists.h"
#include "verify/localpart.h"
#include "verify/syntax.h"
#include "verify/text_list.h"

enum { RANDOM = 1, UNUSUAL = 2, NON_STANDARD = 4, IMPOSSIBLE = 8 };

struct row {
    const char *address;
    unsigned risks;
};

static const struct row rows[] = {
    /* random */
    {"q9zk3v7x2m@example.com", RANDOM},
    {"Q9ZK3V7X2M@example.com", RANDOM},
    {"q9zk3v7x2m+tag@example.com", RANDOM},
    {"8f14e45fceea@example.com", RANDOM},
    {"xqzvkjwplt@example.com", RANDOM},
    {"q9zk3v7x2m@gmail.com", RANDOM},
    {"john.smith@example.com", 0},
    {"j.smith82@example.com", 0},
    {"mw1987@example.com", 0},
    {"info2@example.com", 0},
    {"info@example.com", 0},
    {"hbrenner@example.com", 0},
    {"13912345678@example.com", 0},  /* a telephone */
    {"asdfghjkl@example.com", 0},    /* gibberish by hand */
    {"aaaaaaaaaaaa@example.com", 0}, /* as well */
    {"xyxyxyxyxyxy@example.com", 0}, /* as well */
    {"q9zk3v@example.com", 0},       /* short */
    {"q9zk3.v7x2m@example.com", 0},  /* with a separator */
    {"bokafuzare@example.com", 0},   /* syllables: not found */
    {"szczepanski@example.com", 0},
    {"krzysztofbrzeczyszczykiewicz@example.com", 0},
    {"nguyenthihongnhung@example.com", 0},
    {"20bce1234@example.com", 0}, /* student numbers */
    {"2019csb1045@example.com", 0},
    {"cs19b045@example.com", 0},
    {"ce19b045@example.com", 0}, /* ... which might be hexadecimal */
    {"b19cs045@example.com", 0},
    {"1ms18cs045@example.com", 0},
    {"17h51a0512@example.com", 0},
    {"dcchatzi@example.com", 0}, /* initials, and figures behind */
    {"jlhirsch@example.com", 0},
    {"rcmunoz87@example.com", 0},
    {"mfgirard98@example.com", 0},
    {"wojcikpb@example.com", 0},
    {"zhqwang2012@example.com", 0},
    {"kjhyun1004@example.com", 0},
    {"ksrkprasad@example.com", 0},
    {"jpvdbroek@example.com", 0},
    {"wojciechszczesny@example.com", 0}, /* clusters of consonants */
    {"zhangxq1988@example.com", 0},
    {"whschmidt@example.com", 0},
    {"chrschmidt@example.com", 0},
    {"klschltz@example.com", 0},
    {"schmittgmbh@example.com", 0},
    {"kfzschmidt@example.com", 0},
    {"fckoeln1948@example.com", 0},
    {"srdjanbrkljac@example.com", RANDOM}, /* wrong: two words that hardly have a vowel */
    {"mp3player@example.com", 0},
    {"office365test@example.com", 0},
    {"24x7support@example.com", 0},
    {"607f27b249002038@example.com", RANDOM},
    {"kx7vqp2m4zt9@example.com", RANDOM},
    /* unusual */
    {"a!b@example.com", UNUSUAL},
    {"a#b@example.com", UNUSUAL},
    {"a$b@example.com", UNUSUAL},
    {"a%b@example.com", UNUSUAL},
    {"o'brien@example.com", UNUSUAL}, /* the reference lists the apostrophe */
    {"a*b@example.com", UNUSUAL},
    {"a/b@example.com", UNUSUAL},
    {"a=b@example.com", UNUSUAL},
    {"a?b@example.com", UNUSUAL},
    {"a^b@example.com", UNUSUAL},
    {"a`b@example.com", UNUSUAL},
    {"a{b@example.com", UNUSUAL},
    {"a|b@example.com", UNUSUAL},
    {"a}b@example.com", UNUSUAL},
    {"a~b@example.com", UNUSUAL},
    {"a+b=c@example.com", UNUSUAL},
    {"\"a b\"@example.com", UNUSUAL},
    {"\"ab\"@example.com", 0}, /* the quotes say nothing and are dropped */
    {"a+b@example.com", 0},
    {"a&b@example.com", 0},
    {"a-b_c.d@example.com", 0},
    /* not ASCII */
    {"j\xC3\xBCrgen@example.com", NON_STANDARD},
    {"\xE7\x94\xA8\xE6\x88\xB7@example.com", NON_STANDARD},
    {"j\xC3\xBCrgen's@example.com", NON_STANDARD | UNUSUAL},
    /* Gmail */
    {"john.smith@gmail.com", 0},
    {"John.Smith@gmail.com", 0},
    {"john.smith+any_thing-at.all@gmail.com", 0},
    {"john.+x@gmail.com", 0},
    {"jo@gmail.com", 0},                                  /* staff */
    {"j.o.h.n.s.m.i.t.h.j.o.h.n.s.m.i.t.h@gmail.com", 0}, /* dots do not count */
    {"abcde1abcde2abcde3abcde4abcde5@gmail.com", 0},
    {"abcde1abcde2abcde3abcde4abcde5x@gmail.com", IMPOSSIBLE},
    {"john_smith@gmail.com", IMPOSSIBLE},
    {"john-smith@gmail.com", IMPOSSIBLE},
    {"john_smith@googlemail.com", IMPOSSIBLE},
    {"o'brien@gmail.com", IMPOSSIBLE | UNUSUAL},
    {"a&b@gmail.com", IMPOSSIBLE},
    {"+tag@gmail.com", IMPOSSIBLE},
    {"john+a=b@gmail.com", UNUSUAL},
    {"\"john smith\"@gmail.com", IMPOSSIBLE | UNUSUAL},
    {"j\xC3\xBCrgen@gmail.com", IMPOSSIBLE | NON_STANDARD},
    {"john_smith@gmail.com.example.org", 0},
    {"john_smith@mail.gmail.com", 0},
    /* Yahoo */
    {"john_smith@yahoo.com", 0},
    {"john.smith@yahoo.co.uk", 0},
    {"john-keyword@yahoo.com", 0},
    {"john__smith.x.y@yahoo.com", 0},
    {"1975john@yahoo.com", 0},
    {"jy@yahoo.com", 0},
    {"john+tag@yahoo.com", 0},
    {"abcde1abcde2abcde3abcde4abcde5ab@yahoo.com", 0},
    {"abcde1abcde2abcde3abcde4abcde5abc@yahoo.com", IMPOSSIBLE},
    {"abcde1abcde2abcde3abcde4abcde5-abc@yahoo.com", 0},
    {"john!smith@yahoo.com", IMPOSSIBLE | UNUSUAL},
    {"a&b@yahoo.de", IMPOSSIBLE},
    {"a&b@ymail.com", IMPOSSIBLE},
    {"a&b@rocketmail.com", IMPOSSIBLE},
    {"a&b@yahoo.co.jp", 0},
    {"a&b@yahoo.example", 0},
    {"a&b@yahoo.example.com", 0},
    {"a&b@yahoo-inc.com", 0},
    /* Microsoft */
    {"john_smith-x.y@outlook.com", 0},
    {"_john@hotmail.com", 0},
    {"1john@hotmail.co.uk", 0},
    {"j@live.com", 0},
    {"john+tag@outlook.com", 0},
    {"abcde1abcde2abcde3abcde4abcde5abcde1abcde2abcde3abcde4abcde5abcd@outlook.com", 0},
    {"john!smith@outlook.com", IMPOSSIBLE | UNUSUAL},
    {"o'brien@hotmail.com", IMPOSSIBLE | UNUSUAL},
    {"a&b@live.fr", IMPOSSIBLE},
    {"a&b@windowslive.com", IMPOSSIBLE},
    {"a&b@msn.com", 0},
    {"a&b@live.example.com", 0},
    {"a&b@livenation.com", 0},
};

static unsigned risks_of(const char *text)
{
    struct address address;
    struct risk_facts risk = {.homograph = true};
    cr_assert_eq(address_parse(text, strlen(text), &address), ADDRESS_OK, "%s: no address", text);
    domain_risk_of_local(&address, &risk);
    cr_expect(risk.homograph, "%s: what is another's is left alone", text);
    return (risk.random_local ? RANDOM : 0U) | (risk.unusual_local ? UNUSUAL : 0U) |
           (risk.non_standard_local ? NON_STANDARD : 0U) |
           (risk.impossible_local ? IMPOSSIBLE : 0U);
}

Test(local_risk, single_rows)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(risks_of(rows[i].address), rows[i].risks, "%s: %u, not %u", rows[i].address,
                     risks_of(rows[i].address), rows[i].risks);
}

static bool is_random(const char *local)
{
    struct risk_facts risk = {0};
    struct address address = {.domain = "example.com"};
    snprintf(address.local_plain, sizeof(address.local_plain), "%s", local);
    domain_risk_of_local(&address, &risk);
    cr_expect(!risk.random_local || !localpart_real_name(local), "%s: random, but a name", local);
    return risk.random_local;
}

static void rate_tell(const char *what, unsigned said, unsigned count, unsigned least,
                      unsigned most)
{
    unsigned rate = said * 1000 / count;
    fprintf(stderr, "local_risk: random_local: %s: %u of %u (%u.%u %%)\n", what, said, count,
            rate / 10, rate % 10);
    cr_expect(rate >= least && rate <= most, "%s: %u per mille", what, rate);
}

/* What localpart's own tables call a name, or nothing, is not random. */
static void table_rate(const char *path, unsigned *said, unsigned *count)
{
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f, "%s: run tests from the top of the tree", path);
    char line[256];
    while (fgets(line, sizeof(line), f) != NULL) {
        char *tab = strchr(line, '\t');
        if (line[0] == '#' || tab == NULL || strcmp(tab, "\tgibberish\n") == 0)
            continue;
        *tab = '\0';
        bool random = is_random(line);
        *count += 1;
        *said += random;
        if (random)
            fprintf(stderr, "  %s\n", line);
    }
    fclose(f);
}

Test(local_risk, rates_on_labelled_tables)
{
    unsigned said = 0, count = 0;
    table_rate("tests/unit/data/localpart_tuning.tsv", &said, &count);
    table_rate("tests/unit/data/localpart_holdout.tsv", &said, &count);
    rate_tell("false on labelled local parts", said, count, 0, 5);
}

/* A small generator of our own: the strings are the same in every run. */
static unsigned draw(unsigned *state, unsigned below)
{
    *state = *state * 1664525U + 1013904223U;
    return (*state >> 8) % below;
}

static const char *nth(const struct text_list *list, unsigned n)
{
    const char *at = list->begin + n % (unsigned)(list->end - list->begin);
    while (at > list->begin && at[-1] != '\0')
        at--;
    return at;
}

/* What is drawn is one of several patterns: G a given name, S a surname, i the initial of a given
 * name, Y a year of birth, d a figure, a letter a, x either, h hexadecimal, c a consonant. */
static const struct {
    char sign;
    const char *alphabet;
} alphabets[] = {
    {'d', "0123456789"},
    {'a', "abcdefghijklmnopqrstuvwxyz"},
    {'x', "abcdefghijklmnopqrstuvwxyz0123456789"},
    {'h', "0123456789abcdef"},
    {'c', "bcdfghjklmnpqrstvwxz"},
};

static void draw_one(unsigned *state, char sign, struct strbuf *out)
{
    if (sign == 'G' || sign == 'S')
        strbuf_adds(out,
                    nth(sign == 'G' ? &text_given_names : &text_surnames, draw(state, 1U << 20)));
    if (sign == 'i')
        strbuf_addc(out, nth(&text_given_names, draw(state, 1U << 20))[0]);
    if (sign == 'Y')
        strbuf_add_int(out, 1950 + draw(state, 60));
    for (size_t i = 0; i < COUNT_OF(alphabets); i++)
        if (alphabets[i].sign == sign)
            strbuf_addc(
                out, alphabets[i].alphabet[draw(state, (unsigned)strlen(alphabets[i].alphabet))]);
}

/* `patterns` separated by spaces. */
static void draw_of(unsigned *state, const char *patterns, struct strbuf *out)
{
    unsigned count = 1;
    for (const char *at = patterns; *at != '\0'; at++)
        count += *at == ' ';
    strbuf_clear(out);
    for (unsigned skip = draw(state, count); skip > 0; skip--)
        patterns += strcspn(patterns, " ") + 1;
    for (; *patterns != '\0' && *patterns != ' '; patterns++)
        draw_one(state, *patterns, out);
}

/* Per mille.  Names are flattering, for the table of letters was made from these lists; the
 * labelled tables were not. */
static const struct {
    const char *what, *patterns;
    unsigned seed, least, most;
} families[] = {
    {"false on johnsmith", "GS", 9001, 0, 5},
    {"false on jsmith", "iS", 9002, 0, 5},
    {"false on smith1985", "SY", 9003, 0, 5},
    {"false on johnsmith85", "GSd GSdd", 9004, 0, 5},
    {"false on 20bce1234",
     "ddaaddd ddaadddd ddaaddddd ddaaaddd ddaaadddd ddaaaddddd ddaaaaddd ddaaaadddd ddaaaaddddd "
     "dddaaddd dddaadddd dddaaaddd dddaaaddddd ddddaaddd ddddaadddd ddddaaadddd ddddaaaaddddd",
     9005, 0, 5},
    {"false on cs19b045", "aaddaddd aaddaaddd aaddaaaddd", 9006, 0, 5},
    {"false on jlsmith", "iiS", 9007, 0, 10},
    {"false on jlsmith87", "iiSdd", 9008, 0, 10},
    {"false on jlsmith1987", "iiSY", 9009, 0, 10},
    {"false on smithjl", "Sii", 9010, 0, 10},
    {"false on smithjl87", "Siidd", 9011, 0, 10},
    {"false on smithj1987", "SiY", 9012, 0, 10},
    {"false on jlksmith", "iiiS", 9013, 0, 10},
    {"false on john85smith", "GddS", 9014, 0, 30},
    {"found of ten letters and figures", "xxxxxxxxxx", 9015, 905, 1000},
    {"found of more letters and figures",
     "xxxxxxxxxxx xxxxxxxxxxxx xxxxxxxxxxxxx xxxxxxxxxxxxxx xxxxxxxxxxxxxxxxxxxx", 9016, 930, 1000},
    {"found of letters", "aaaaaaaaaa aaaaaaaaaaaa aaaaaaaaaaaaaa aaaaaaaaaaaaaaaa", 9017, 900,
     1000},
    {"found of eight letters", "aaaaaaaa", 9018, 680, 1000},
    {"found of eight letters and two figures", "aaaaaaaadd", 9019, 660, 1000},
    {"found of six letters and four figures", "aaaaaadddd", 9020, 500, 1000},
    {"found of twelve hexadecimal figures", "hhhhhhhhhhhh", 9021, 900, 1000},
    {"found of 16 hexadecimal figures", "hhhhhhhhhhhhhhhh", 9022, 985, 1000},
    {"found of consonants", "cccccccc cccccccccc cccccccccccc", 9023, 970, 1000},
};

Test(local_risk, rates)
{
    enum { COUNT = 4000 };
    struct strbuf local = {0};
    for (size_t f = 0; f < COUNT_OF(families); f++) {
        unsigned state = families[f].seed, said = 0;
        for (unsigned i = 0; i < COUNT; i++) {
            draw_of(&state, families[f].patterns, &local);
            said += local.len <= ADDRESS_LOCAL_MAX && is_random(strbuf_text(&local));
        }
        rate_tell(families[f].what, said, COUNT, families[f].least, families[f].most);
    }
    strbuf_free(&local);
}

/* The recipients we make up ourselves are to look like somebody's. */
Test(local_risk, our_own_are_not_random)
{
    for (int i = 0; i < 500; i++) {
        char made[40];
        localpart_random(made, sizeof(made));
        cr_expect_not(is_random(made), "%s", made);
    }
}
