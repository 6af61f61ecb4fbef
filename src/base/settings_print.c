/* settings_print.c - all settings with their values, for people (an INI file that can be read back)
 * and for programs (JSON).  Secrets print as "***": the output is made to be pasted into mails. */
#include <string.h>

#include "base/settings.h"
#include "base/settings_value.h"
#include "base/utf8.h"

static bool is_secret(const char *name)
{
    static const char *const ends[] = {"password", "key", "secret"};
    size_t len = strlen(name);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t n = strlen(ends[i]);
        if (len >= n && strcmp(name + len - n, ends[i]) == 0)
            return true;
    }
    return false;
}

static const char *value_of(const struct settings_table *table, const struct setting_row *row,
                            struct strbuf *buffer)
{
    strbuf_clear(buffer);
    settings_value_text(row, table->target, buffer);
    bool hide = is_secret(row->name) && buffer->len > 0;
    return hide ? "***" : strbuf_text(buffer);
}

/* Values hold no control characters; what is not UTF-8 becomes U+FFFD. */
static void print_json_string(const char *text, FILE *out)
{
    fputc('"', out);
    for (const char *at = text, *end = text + strlen(text); at < end;) {
        const char *from = at;
        if (utf8_next(&at, end) < 0)
            fputs("\\ufffd", out);
        else if (*from == '"' || *from == '\\')
            fprintf(out, "\\%c", *from);
        else
            fwrite(from, 1, (size_t)(at - from), out);
    }
    fputc('"', out);
}

static void print_json_row(const struct settings_table *table, const struct setting_row *row,
                           struct strbuf *buffer, FILE *out)
{
    const void *field = (const char *)table->target + row->offset;
    print_json_string(row->name, out);
    fputs(": ", out);
    if (row->type == SETTING_TYPE_INT || row->type == SETTING_TYPE_SIZE)
        fprintf(out, "%lld", (long long)*(const int64_t *)field);
    else if (row->type == SETTING_TYPE_BOOL)
        fputs(*(const bool *)field ? "true" : "false", out);
    else
        print_json_string(value_of(table, row, buffer), out);
}

static void print_json(const struct settings_table *const *tables, FILE *out)
{
    struct strbuf buffer = {0};
    fputc('{', out);
    for (size_t t = 0; tables[t] != NULL; t++) {
        fputs(t > 0 ? ",\n " : "", out);
        print_json_string(tables[t]->section, out);
        fputs(": {", out);
        for (size_t i = 0; i < tables[t]->count; i++) {
            fputs(i > 0 ? ",\n    " : "\n    ", out);
            print_json_row(tables[t], &tables[t]->rows[i], &buffer, out);
        }
        fputc('}', out);
    }
    fputs("}\n", out);
    strbuf_free(&buffer);
}

/* "choices: a, b, c" or "range: 1 to 9"; nothing for a setting without bounds. */
static void print_bounds(const struct setting_row *row, FILE *out)
{
    for (const char *const *c = row->choices; c != NULL && *c != NULL; c++)
        fprintf(out, "%s%s", c == row->choices ? "; one of: " : ", ", *c);
    if (row->min != NULL && row->max != NULL)
        fprintf(out, "; %s to %s", row->min, row->max);
    else if (row->min != NULL)
        fprintf(out, "; at least %s", row->min);
    else if (row->max != NULL)
        fprintf(out, "; at most %s", row->max);
}

static void print_ini(const struct settings_table *const *tables, FILE *out)
{
    struct strbuf buffer = {0};
    for (size_t t = 0; tables[t] != NULL; t++) {
        fprintf(out, "%s[%s]\n", t > 0 ? "\n" : "", tables[t]->section);
        for (size_t i = 0; i < tables[t]->count; i++) {
            const struct setting_row *row = &tables[t]->rows[i];
            fprintf(out, "# %s", row->help);
            print_bounds(row, out);
            fprintf(out, "\n%s = %s\n", row->name, value_of(tables[t], row, &buffer));
        }
    }
    strbuf_free(&buffer);
}

void settings_print(const struct settings_table *const *tables, FILE *out, bool json)
{
    if (json)
        print_json(tables, out);
    else
        print_ini(tables, out);
}
