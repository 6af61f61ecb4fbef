/* disposable_rows.c - what the operator knows of disposable domains.
 *
 *     row        = domain 1*( SP / HTAB ) confidence
 *     confidence = "0" [ "." 1*2DIGIT ] / "1" [ "." 1*2"0" ]
 *
 * A row overrules the shipped list (lists.c), up and down, so one that is misread would make
 * somebody's customers disposable, or let through what must not be: the first bad line stops the
 * start, and so do two rows that disagree.  Said twice alike is no harm; lists are put together of
 * others.  Nor may a row name a public suffix such as "co.uk": below it everybody registers, and
 * whoever writes that expects what a list never does.  Only those of ICANN are refused.  The other
 * suffixes change with each update of the system's copy, and no start shall hang on that; such a
 * row stands for its very name.
 *
 * Rows are sorted by name; a look-up is a binary search without a lock. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "verify/disposable_rows.h"
#include "verify/list_file.h"
#include "verify/lists.h"
#include "verify/syntax.h"

struct disposable_rows {
    struct disposable_row *list;
    size_t count, room;
    struct arena *names;
};

/* ---- the file ---- */

/* -1: it is no confidence. */
static int read_hundredths(const char *text, size_t len)
{
    static const int worth[] = {100, 0, 10, 1}; /* by place; at the second is the point */
    int value = 0;
    if (len == 0 || len == 2 || len > 4 || (len > 1 && text[1] != '.'))
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (i != 1 && (text[i] < '0' || text[i] > '9'))
            return -1;
        value += (text[i] - '0') * worth[i];
    }
    return value <= 100 ? value : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Returns what is wrong with it, or NULL. */
static const char *read_row(const struct list_line *line, char domain[ADDRESS_DOMAIN_MAX + 1],
                            int *hundredths)
{
    size_t name_len = 0, at;
    while (name_len < line->len && !is_blank(line->text[name_len]))
        name_len++;
    for (at = name_len; at < line->len && is_blank(line->text[at]);)
        at++;
    if (at == line->len) /* no blank stands at the end of a line */
        return "not a domain and a confidence";
    if (!domain_to_ascii(line->text, name_len, domain))
        return "not a domain name";
    if (list_public_suffix(domain))
        return "a public suffix, below which everybody registers";
    *hundredths = read_hundredths(line->text + at, line->len - at);
    return *hundredths < 0 ? "the confidence is not 0.00 to 1.00, in hundredths" : NULL;
}

static bool add_line(void *arg, const struct list_line *line, char *why, size_t why_size)
{
    struct disposable_rows *rows = arg;
    char domain[ADDRESS_DOMAIN_MAX + 1];
    int hundredths = 0;
    const char *wrong = rows->count == DISPOSABLE_ROWS_MAX ? "a row too many, 1000000 are allowed"
                                                           : read_row(line, domain, &hundredths);
    if (wrong != NULL) {
        snprintf(why, why_size, "%s", wrong);
        return false;
    }
    if (rows->count == rows->room) {
        rows->room = rows->room > 0 ? 2 * rows->room : 64;
        rows->list = x_realloc(rows->list, rows->room, sizeof(rows->list[0]));
    }
    rows->list[rows->count++] = (struct disposable_row){
        arena_strdup(rows->names, domain), (uint32_t)line->number, (uint8_t)hundredths};
    return true;
}

/* Rows of one domain by their lines. */
static int row_compare(const void *a, const void *b)
{
    const struct disposable_row *left = a, *right = b;
    int order = strcmp(left->domain, right->domain);
    return order != 0 ? order : left->line < right->line ? -1 : 1;
}

static bool sort(void *arg, char *why, size_t why_size)
{
    struct disposable_rows *rows = arg;
    if (rows->count > 0)
        qsort(rows->list, rows->count, sizeof(rows->list[0]), row_compare);
    for (size_t i = 1; i < rows->count; i++) {
        const struct disposable_row *row = &rows->list[i], *before = row - 1;
        if (row->hundredths == before->hundredths || strcmp(row->domain, before->domain) != 0)
            continue;
        snprintf(why, why_size, "line %u: another confidence than in line %u, of the same domain",
                 row->line, before->line);
        return false;
    }
    return true;
}

static struct disposable_rows *rows_new(void)
{
    struct disposable_rows *rows = NEW(struct disposable_rows);
    rows->names = arena_new();
    return rows;
}

struct disposable_rows *disposable_rows_parse(FILE *file, char *why, size_t why_size)
{
    struct disposable_rows *rows = rows_new();
    if (!list_file_parse(&(struct list_file){add_line, sort, rows}, file, why, why_size))
        disposable_rows_free(&rows);
    return rows;
}

struct disposable_rows *disposable_rows_read(const char *path, char *why, size_t why_size)
{
    struct disposable_rows *rows = rows_new();
    if (!list_file_read(&(struct list_file){add_line, sort, rows}, path, why, why_size))
        disposable_rows_free(&rows);
    return rows;
}

void disposable_rows_free(struct disposable_rows **rows)
{
    if (*rows == NULL)
        return;
    arena_free(&(*rows)->names);
    free((*rows)->list);
    free(*rows);
    *rows = NULL;
}

/* ---- questions ---- */

static int name_compare(const void *name, const void *row)
{
    return strcmp(name, ((const struct disposable_row *)row)->domain);
}

const struct disposable_row *disposable_rows_find(const struct disposable_rows *rows,
                                                  const char *domain)
{
    if (rows->count == 0)
        return NULL;
    return bsearch(domain, rows->list, rows->count, sizeof(rows->list[0]), name_compare);
}

double disposable_row_confidence(const struct disposable_row *row)
{
    return row->hundredths >= DISPOSABLE_LEAST ? row->hundredths / 100.0 : 0.0;
}

size_t disposable_rows_count(const struct disposable_rows *rows)
{
    return rows->count;
}
