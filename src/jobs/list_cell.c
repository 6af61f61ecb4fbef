/* list_cell.c - what stands in the cells of an uploaded list, and what stands between them.
 *
 * Guesses, made once and in one place: which characters nobody meant to be part of an address, what
 * people call the column, which delimiter a file has.  A wrong guess shows as rows without an
 * address, never as an error here. */
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "jobs/list_cell.h"

/* ---- trimming ---- */

static const struct {
    int32_t first, last;
} unseen[] = {{0x00, 0x20},     {0x7F, 0xA0},     {0xAD, 0xAD},     {0x34F, 0x34F},
              {0x61C, 0x61C},   {0x1680, 0x1680}, {0x180E, 0x180E}, {0x2000, 0x200F},
              {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};

static bool is_unseen(int32_t c)
{
    if (c > 0x20 && c < 0x7F)
        return false;
    for (size_t i = 0; i < COUNT_OF(unseen); i++)
        if (c >= unseen[i].first && c <= unseen[i].last)
            return true;
    return false;
}

static const char *last_character(const char *start, const char *end)
{
    const char *at = end - 1;
    while (at > start && ((unsigned char)*at & 0xC0) == 0x80)
        at--;
    return at;
}

struct list_text list_cell_trim(const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    for (const char *next = at; at < end && is_unseen(utf8_next(&next, end)); at = next)
        continue;
    while (at < end) {
        const char *last = last_character(at, end), *next = last;
        if (!is_unseen(utf8_next(&next, end)) || next != end)
            break;
        end = last;
    }
    return (struct list_text){at, (size_t)(end - at)};
}

size_t list_cell_cut(const char *text, size_t len, size_t most)
{
    if (len <= most)
        return len;
    while (most > 0 && ((unsigned char)text[most] & 0xC0) == 0x80)
        most--;
    return most;
}

/* ---- addresses ---- */

static bool has_at(struct list_text t)
{
    return t.len > 0 && memchr(t.at, '@', t.len) != NULL;
}

/* What stands between the last brackets, when that is the address: "a<b@c>d"@e.org has none. */
static struct list_text in_brackets(struct list_text t)
{
    const char *end = t.at + t.len, *open = memrchr(t.at, '<', t.len);
    const char *close = open != NULL ? memchr(open, '>', (size_t)(end - open)) : NULL;
    if (close == NULL || memchr(close, '@', (size_t)(end - close)) != NULL)
        return t;
    struct list_text inside = {open + 1, (size_t)(close - open - 1)};
    return has_at(inside) ? inside : t;
}

struct list_text list_cell_address(const char *text, size_t len)
{
    static const char scheme[] = "mailto:";
    struct list_text t = {text, len};
    if (!has_at(t))
        return (struct list_text){text, 0};
    t = in_brackets(t);
    t = list_cell_trim(t.at, t.len);
    size_t skip = sizeof(scheme) - 1;
    if (t.len > skip && strncasecmp(t.at, scheme, skip) == 0)
        t = list_cell_trim(t.at + skip, t.len - skip);
    return t;
}

/* ---- header ---- */

static struct list_text unquoted(struct list_text t)
{
    if (t.len < 2 || t.at[0] != t.at[t.len - 1] || (t.at[0] != '"' && t.at[0] != '\''))
        return t;
    return list_cell_trim(t.at + 1, t.len - 2);
}

static char folded(char c)
{
    if (c == ' ' || c == '-')
        return '_';
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool list_cell_names_email(const char *text, size_t len)
{
    static const char *const names[] = {"email", "email_address", "e_mail", "e_mail_address"};
    struct list_text t = unquoted(list_cell_trim(text, len));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        size_t same = 0;
        while (same < t.len && names[i][same] != '\0' && folded(t.at[same]) == names[i][same])
            same++;
        if (same == t.len && names[i][same] == '\0')
            return true;
    }
    return false;
}

/* ---- delimiter ---- */

static const char candidates[] = {',', ';', '\t', '|'};
enum { CANDIDATES = sizeof(candidates), SNIFF_ROWS = 20 };

struct sniff {
    uint32_t counts[SNIFF_ROWS + 1][CANDIDATES];
    size_t rows;      /* that have ended */
    bool text;        /* the row is not blank */
    bool start;       /* of a cell, whatever the delimiter is */
    bool cell_quoted; /* it began with a quote; each quote in it opens or closes */
    bool open;
};

static void sniff_row_end(struct sniff *s)
{
    if (s->text)
        s->rows++;
    else
        memset(s->counts[s->rows], 0, sizeof(s->counts[0])); /* blanks: tabs may be among them */
    s->text = false;
    s->start = true;
    s->cell_quoted = false;
}

static void sniff_byte(struct sniff *s, char c)
{
    const char *found = memchr(candidates, c, sizeof(candidates));
    s->text = s->text || (c != ' ' && c != '\t' && c != '\n' && c != '\r');
    if (c == '"' && (s->start || s->cell_quoted)) {
        s->cell_quoted = true;
        s->open = !s->open;
        s->start = false;
    } else if (s->open) {
        return;
    } else if (c == '\n' || c == '\r') {
        sniff_row_end(s);
    } else if (found != NULL) {
        s->counts[s->rows][found - candidates]++;
        s->start = true;
        s->cell_quoted = false;
    } else if (c != ' ') {
        s->start = false;
    }
}

/* The most rows that have the same number of a candidate, not zero. */
static size_t rows_agreed(const struct sniff *s, size_t candidate)
{
    size_t best = 0;
    for (size_t i = 0; i < s->rows; i++) {
        size_t same = 0;
        for (size_t k = 0; k < s->rows; k++)
            same += s->counts[k][candidate] == s->counts[i][candidate];
        if (s->counts[i][candidate] > 0 && same > best)
            best = same;
    }
    return best;
}

/* Whether the first row falls into several cells, one of which heads the addresses. */
static bool heads_emails(const char *text, size_t len, char delimiter)
{
    struct list_text rest = list_cell_trim(text, len);
    const char *cell = rest.at, *end = text + len;
    bool open = false, found = false, several = false;
    for (const char *at = cell;; at++) {
        bool over = at == end || (!open && (*at == '\n' || *at == '\r'));
        bool next = !over && !open && *at == delimiter;
        if (over || next)
            found = found || list_cell_names_email(cell, (size_t)(at - cell));
        if (over)
            return found && several;
        if (next)
            cell = at + 1;
        several = several || next;
        open = open != (*at == '"');
    }
}

/* A header that says where the addresses are is better evidence than any count: rows may have
 * cells that hold a comma, or leave out their last ones. */
static bool sniff_header(const struct sniff *s, const char *text, size_t len, char *delimiter)
{
    bool found = false;
    size_t best = 0;
    for (size_t i = 0; i < CANDIDATES; i++) {
        size_t agreed = rows_agreed(s, i);
        if (!heads_emails(text, len, candidates[i]) || (found && agreed <= best))
            continue;
        found = true;
        best = agreed;
        *delimiter = candidates[i];
    }
    return found;
}

static char sniff_counts(const struct sniff *s)
{
    size_t best = 0;
    char delimiter = '\0';
    for (size_t i = 0; i < CANDIDATES; i++) {
        size_t agreed = rows_agreed(s, i);
        if (2 * agreed > s->rows && agreed > best) {
            best = agreed;
            delimiter = candidates[i];
        }
    }
    return delimiter;
}

char list_cell_sniff(const char *text, size_t len, bool whole)
{
    struct sniff s = {.start = true};
    char delimiter;
    for (size_t i = 0; i < len && s.rows < SNIFF_ROWS; i++)
        sniff_byte(&s, text[i]);
    if (s.rows < SNIFF_ROWS && s.text && (whole || s.rows == 0))
        s.rows++;
    return sniff_header(&s, text, len, &delimiter) ? delimiter : sniff_counts(&s);
}
