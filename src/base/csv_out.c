/* csv_out.c - rows of CSV, as every download has them; see the header.
 *
 * A cell is quoted when it holds a quote, a comma or a line end (RFC 4180), and also when a reader
 * could change it without: programs that guess the delimiter, or have one of their own, split at a
 * semicolon or TAB, white space at its ends is trimmed by many, a byte order mark at the front of a
 * file is taken for one, and a row of a single empty cell is an empty line.
 *
 * A cell is defused, unless `raw`, when what follows its leading blanks starts a formula: spread-
 * sheets skip the blanks, and East Asian ones take the full-width signs for the plain ones.  A
 * leading TAB, CR or NUL is enough by itself (OWASP ASVS 1.2.10).  Quotes are no help here, the
 * spreadsheet takes them off before it looks.  Whatever the bytes are, none is an error. */
#include <string.h>

#include "base/csv_out.h"

struct span {
    const char *at, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
}

static bool take(struct span *s, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, text, len) != 0)
        return false;
    s->at += len;
    return true;
}

/* Characters that are not seen in front of a cell: not skipped by every program, but by some. */
static bool take_blank(struct span *s)
{
    if (s->at < s->end && is_blank(*s->at)) {
        s->at++;
        return true;
    }
    return take(s, "\xC2\xA0") ||     /* no-break space */
           take(s, "\xE2\x80\x8B") || /* zero-width space */
           take(s, "\xE3\x80\x80") || /* ideographic space */
           take(s, "\xEF\xBB\xBF");   /* byte order mark */
}

static size_t take_digits(struct span *s)
{
    const char *start = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
    return (size_t)(s->at - start);
}

/*   number = [ "+" / "-" ] ( 1*DIGIT [ "." *DIGIT ] / "." 1*DIGIT ) [ ( "e" / "E" ) [ "+" / "-" ]
 *            1*DIGIT ] */
static bool is_number(struct span s)
{
    if (!take(&s, "-"))
        take(&s, "+");
    size_t digits = take_digits(&s);
    if (take(&s, "."))
        digits += take_digits(&s);
    if (digits == 0)
        return false;
    if (take(&s, "e") || take(&s, "E")) {
        if (!take(&s, "-"))
            take(&s, "+");
        if (take_digits(&s) == 0)
            return false;
    }
    return s.at == s.end;
}

static bool starts_formula(struct span s)
{
    return take(&s, "=") || take(&s, "+") || take(&s, "-") || take(&s, "@") ||
           take(&s, "\xEF\xBC\x9D") || take(&s, "\xEF\xBC\x8B") || /* full-width = + */
           take(&s, "\xEF\xBC\x8D") || take(&s, "\xEF\xBC\xA0");   /* full-width - @ */
}

static bool is_dangerous(const char *text, size_t len)
{
    struct span s = {text, text + len};
    if (len > 0 && (*text == '\t' || *text == '\r' || *text == '\0'))
        return true;
    while (take_blank(&s))
        continue;
    return starts_formula(s) && !is_number(s);
}

static bool needs_quotes(const char *text, size_t len)
{
    if (len == 0)
        return false;
    if (is_blank(text[0]) || is_blank(text[len - 1]))
        return true;
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        return true;
    for (size_t i = 0; i < len; i++)
        if (text[i] != '\0' && strchr("\",;\t\n\r", text[i]) != NULL)
            return true;
    return false;
}

static void add_doubled(struct strbuf *out, const char *text, size_t len)
{
    const char *quote;
    while (len > 0 && (quote = memchr(text, '"', len)) != NULL) {
        size_t upto = (size_t)(quote - text) + 1;
        strbuf_add(out, text, upto);
        strbuf_addc(out, '"');
        text += upto;
        len -= upto;
    }
    strbuf_add(out, text, len);
}

void csv_out_text(struct csv_out *csv, const char *text, size_t len)
{
    bool defuse = !csv->raw && is_dangerous(text, len);
    bool quotes = needs_quotes(text, len);
    if (csv->comma)
        strbuf_addc(csv->text, ',');
    csv->comma = true;
    if (quotes)
        strbuf_addc(csv->text, '"');
    if (defuse)
        strbuf_addc(csv->text, '\'');
    if (quotes) {
        add_doubled(csv->text, text, len);
        strbuf_addc(csv->text, '"');
    } else {
        strbuf_add(csv->text, text, len);
    }
}

void csv_out_str(struct csv_out *csv, const char *text)
{
    csv_out_text(csv, text, text != NULL ? strlen(text) : 0);
}

void csv_out_int(struct csv_out *csv, int64_t value)
{
    if (csv->comma)
        strbuf_addc(csv->text, ',');
    csv->comma = true;
    strbuf_add_int(csv->text, value);
}

void csv_out_bool(struct csv_out *csv, bool value)
{
    csv_out_str(csv, value ? "true" : "false");
}

/* Nothing was written since the end of the row before: a quoted cell never ends with LF. */
static bool row_is_empty(const struct strbuf *text)
{
    return text->len == 0 || text->data[text->len - 1] == '\n';
}

void csv_out_end(struct csv_out *csv)
{
    if (csv->comma && row_is_empty(csv->text))
        strbuf_adds(csv->text, "\"\"");
    strbuf_adds(csv->text, "\r\n");
    csv->comma = false;
}
