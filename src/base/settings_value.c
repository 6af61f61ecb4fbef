/* settings_value.c - the text of one value, and the field it fills.
 *
 * Numbers are whole and decimal.  A duration always carries its unit, so that nobody has to
 * remember which one a setting counts in; a size may carry one.  Control characters are refused in
 * every value: settings end up in SMTP commands and log lines, and `vrfy config` prints them as one
 * line each.  A refused value is quoted in `why` only after that check, and never for a STRING,
 * which may be a secret. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/settings_value.h"
#include "base/xalloc.h"

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000}};
static const struct unit sizes[] = {{"", 1}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}};
static const struct unit counts[] = {{"", 1}};

/* The number types differ only in their units and in what is said about a wrong one. */
struct number_type {
    const struct unit *units;
    size_t count;
    const char *expected;
};

static const struct number_type number_types[] = {
    [SETTING_TYPE_INT] = {counts, COUNT_OF(counts), "a whole number"},
    [SETTING_TYPE_SIZE] = {sizes, COUNT_OF(sizes), "a size: a number, or one with k, m or g"},
    [SETTING_TYPE_DURATION] = {durations, COUNT_OF(durations),
                               "a duration: a number with its unit ms, s, m, h or d"},
};

/* Words of a BOOL: the odd ones mean true. */
static const char *const bool_words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

static bool number_parse(const struct number_type *type, const char *text, int64_t *out)
{
    bool digit_first = *text >= '0' && *text <= '9';
    if (!digit_first && !(text[0] == '-' && text[1] >= '0' && text[1] <= '9'))
        return false;
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno != 0)
        return false;
    for (size_t i = 0; i < type->count; i++)
        if (strcmp(end, type->units[i].name) == 0)
            return !__builtin_mul_overflow(n, type->units[i].factor, out);
    return false;
}

/* A bound is written by us: a bad one is a bug in the table. */
static int64_t bound(const struct number_type *type, const char *text)
{
    int64_t n;
    if (!number_parse(type, text, &n))
        abort();
    return n;
}

static bool number_set(const struct setting_row *row, int64_t *field, const char *text, char *why,
                       size_t why_size)
{
    const struct number_type *type = &number_types[row->type];
    int64_t n;
    if (!number_parse(type, text, &n)) {
        snprintf(why, why_size, "\"%s\" is not %s", text, type->expected);
        return false;
    }
    if (row->min != NULL && n < bound(type, row->min)) {
        snprintf(why, why_size, "\"%s\" is below the minimum, %s", text, row->min);
        return false;
    }
    if (row->max != NULL && n > bound(type, row->max)) {
        snprintf(why, why_size, "\"%s\" is above the maximum, %s", text, row->max);
        return false;
    }
    *field = n;
    return true;
}

static bool bool_set(bool *field, const char *text, char *why, size_t why_size)
{
    int word = names_find(bool_words, COUNT_OF(bool_words), text);
    if (word < 0) {
        snprintf(why, why_size, "\"%s\" is not yes or no", text);
        return false;
    }
    *field = word % 2 == 1;
    return true;
}

static bool choice_set(const struct setting_row *row, int *field, const char *text, char *why,
                       size_t why_size)
{
    size_t count = 0;
    while (row->choices[count] != NULL)
        count++;
    int choice = names_find(row->choices, count, text);
    if (choice >= 0) {
        *field = choice;
        return true;
    }
    struct strbuf list = {0};
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&list, "%s%s", i > 0 ? ", " : "", row->choices[i]);
    snprintf(why, why_size, "\"%s\" is not one of: %s", text, strbuf_text(&list));
    strbuf_free(&list);
    return false;
}

static bool has_control(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        if (*p < 0x20 || *p == 0x7F)
            return true;
    return false;
}

bool settings_value_set(const struct setting_row *row, void *target, const char *text, char *why,
                        size_t why_size)
{
    void *field = (char *)target + row->offset;
    if (has_control(text)) {
        snprintf(why, why_size, "the value holds a control character");
        return false;
    }
    switch (row->type) {
    case SETTING_TYPE_STRING:
        if (row->check != NULL && !row->check(text, why, why_size))
            return false;
        *(const char **)field = text;
        return true;
    case SETTING_TYPE_INT:
    case SETTING_TYPE_SIZE:
    case SETTING_TYPE_DURATION:
        return number_set(row, field, text, why, why_size);
    case SETTING_TYPE_BOOL:
        return bool_set(field, text, why, why_size);
    case SETTING_TYPE_CHOICE:
        return choice_set(row, field, text, why, why_size);
    }
    abort();
}

static void number_text(const struct number_type *type, int64_t n, struct strbuf *out)
{
    size_t best = 0;
    for (size_t i = 0; i < type->count; i++)
        if (n % type->units[i].factor == 0)
            best = i;
    /* Zero divides by everything: it reads best in a unit people think in. */
    if (n == 0)
        best = type->count > COUNT_OF(sizes) ? 1 : 0;
    strbuf_printf(out, "%lld%s", (long long)(n / type->units[best].factor), type->units[best].name);
}

void settings_value_text(const struct setting_row *row, const void *target, struct strbuf *out)
{
    const void *field = (const char *)target + row->offset;
    switch (row->type) {
    case SETTING_TYPE_STRING:
        strbuf_adds(out, *(const char *const *)field);
        break;
    case SETTING_TYPE_INT:
    case SETTING_TYPE_SIZE:
    case SETTING_TYPE_DURATION:
        number_text(&number_types[row->type], *(const int64_t *)field, out);
        break;
    case SETTING_TYPE_BOOL:
        strbuf_adds(out, *(const bool *)field ? "yes" : "no");
        break;
    case SETTING_TYPE_CHOICE:
        strbuf_adds(out, row->choices[*(const int *)field]);
        break;
    }
}
