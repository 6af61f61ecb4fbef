/* drawn.c - letters and figures: a person's login, or drawn by a program?
 *
 * Two accounts of the same text are compared, in sixteenths of a bit.  Drawn from a-z0-9, each
 * character costs DRAWN.  Written by somebody, it is runs of letters and of figures: letters cost
 * what they surprise after names and words (letters_surprise_sum, whose table knows the clusters of
 * Polish, German and others from the names themselves), read in the kindest of these ways: as one
 * word, as two, or with up to INITIALS letters in front and behind that stand for names; and each
 * change between letters and figures beyond the first costs TURN.  The difference of the two is
 * how far chance explains the text better.
 *
 * With one run of letters at most (dcchatzi, mfgirard98) the figures say nothing and are left out,
 * and the letters must be well beyond what names do: LETTERS_MAX.  With more runs a program is
 * the likelier author beforehand, so less is enough: MIXED_MAX.
 *
 * Student numbers (20bce1234, cs19b045, 1ms18cs045) do look drawn: their shapes are let off.  Few
 * random strings have them.
 *
 * Wrong: two run-together words with hardly a vowel (srdjanbrkljac), more than four initials, some
 * of the shape n3alfaro, radio amateurs' call signs with more behind them, figures for letters
 * (n1ghtm4r3).  Missed: four random letters and a year; syllables; what happens to have the shape
 * of a student number.  How often is measured in local_risk.c.
 */
#include "base/xalloc.h"
#include "model/address.h"
#include "verify/drawn.h"
#include "verify/letters.h"

enum {
    DRAWN = 83,        /* a character out of 36 */
    FIGURE = 53,       /* one out of ten */
    SHORT_LETTER = 75, /* in a run too short for an order */
    INITIAL = 82,
    INITIALS = 4,      /* jpvdbroek */
    INITIALS_BACK = 2, /* wojcikpb */
    NAME_MIN = 3,      /* letters that are left besides them */
    SEAM = 40,         /* between two words, which have four letters at least */
    WORD_MIN = 4,
    TURN = 40,
    LETTERS_MAX = 68,
    MIXED_MAX = -50,
    RUNS_MAX = ADDRESS_LOCAL_MAX,
};

struct run {
    const char *text;
    int len;
    bool figures;
};

static bool is_figure(char c)
{
    return c >= '0' && c <= '9';
}

static int runs_split(const char *text, size_t len, struct run *runs)
{
    int count = 0;
    for (size_t i = 0; i < len; i++) {
        bool figures = is_figure(text[i]);
        if (i == 0 || figures != runs[count - 1].figures)
            runs[count++] = (struct run){text + i, 0, figures};
        runs[count - 1].len++;
    }
    return count;
}

/* ---- student numbers ---- */

struct span {
    int least, most;
};

/* Lengths of runs, which are of letters and figures in turn. */
static const struct {
    bool figures_first;
    int count;
    struct span runs[5];
} student_shapes[] = {
    {true, 3, {{1, 4}, {1, 5}, {2, 5}}},                 /* 20bce1234, 2019csb1045 */
    {false, 4, {{1, 5}, {2, 2}, {1, 5}, {2, 5}}},        /* cs19b045, b19cs045 */
    {true, 5, {{1, 2}, {1, 2}, {2, 2}, {1, 3}, {2, 4}}}, /* 1ms18cs045, 17h51a0512 */
};

static bool is_student_number(const struct run *runs, int count)
{
    for (size_t i = 0; i < COUNT_OF(student_shapes); i++) {
        bool fits =
            count == student_shapes[i].count && runs[0].figures == student_shapes[i].figures_first;
        for (int k = 0; fits && k < count; k++)
            fits = runs[k].len >= student_shapes[i].runs[k].least &&
                   runs[k].len <= student_shapes[i].runs[k].most;
        if (fits)
            return true;
    }
    return false;
}

/* ---- what it costs somebody to write it ---- */

static int surprise(const char *text, int len)
{
    return (int)letters_surprise_sum(text, (size_t)len);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int cost_with_initials(const char *text, int len)
{
    int best = surprise(text, len);
    for (int front = 0; front <= INITIALS; front++)
        for (int back = 0; back <= INITIALS_BACK && front + back <= INITIALS; back++) {
            int name = len - front - back;
            if (name >= NAME_MIN)
                best = smaller(best, surprise(text + front, name) + (front + back) * INITIAL);
        }
    return best;
}

static int cost_of_letters(const char *text, int len)
{
    if (len < NAME_MIN)
        return len * SHORT_LETTER;
    int best = cost_with_initials(text, len);
    for (int cut = WORD_MIN; cut + WORD_MIN <= len; cut++)
        best = smaller(best, surprise(text, cut) + surprise(text + cut, len - cut) + SEAM);
    return best;
}

bool drawn_at_random(const struct piece *p)
{
    struct run runs[RUNS_MAX];
    if (p->len == 0 || p->len > RUNS_MAX)
        return false;
    int count = runs_split(p->text, p->len, runs), difference = 0;
    bool mixed = count > 2;
    if (is_student_number(runs, count))
        return false;
    if (piece_is_digest(p))
        return true;
    for (int i = 0; i < count; i++) {
        const struct run *run = &runs[i];
        if (!run->figures)
            difference += cost_of_letters(run->text, run->len) - run->len * DRAWN;
        else if (mixed)
            difference += run->len * (FIGURE - DRAWN);
    }
    return mixed ? difference + (count - 2) * TURN > MIXED_MAX : difference > LETTERS_MAX;
}
