/* csv_mend.c - quotes put right before libcsv sees them; see the header.
 *
 *   START   before a cell, or behind blanks in front of it
 *   BARE    in a cell without quotes
 *   QUOTED  between quotes
 *   CLOSED  behind a quote that ends the cell, or is the first of two, or neither
 *   BROKEN  in a cell that went on behind its closing quote
 *
 * What can be read two ways is held back until the next byte tells: the quote in CLOSED, and blanks
 * at either side of quotes.  A quote that never ends is not for us to mend: nobody can tell where
 * it was meant to. */
#include <stdbool.h>
#include <string.h>

#include "jobs/csv_mend.h"

static bool ends_cell(const struct csv_mend *m, char c)
{
    return c == '\n' || c == '\r' || (c == m->delimiter && c != '\0');
}

static bool hold(struct csv_mend *m, char c)
{
    bool blank = c == ' ' || (c == '\t' && m->delimiter != '\t');
    if (!blank || m->held == sizeof(m->blanks))
        return false;
    m->blanks[m->held++] = c;
    return true;
}

static void release(struct csv_mend *m, struct strbuf *out)
{
    strbuf_add(out, m->blanks, m->held);
    m->held = 0;
}

/* The end of what needs no thought. */
static const char *run_end(const struct csv_mend *m, const char *at, const char *end)
{
    if (m->state == MEND_QUOTED) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        return quote != NULL ? quote : end;
    }
    while (at < end && !ends_cell(m, *at))
        at++;
    return at;
}

static void take_start(struct csv_mend *m, char c, struct strbuf *out)
{
    if (hold(m, c))
        return;
    if (c == '"') {
        m->held = 0;
        m->state = MEND_QUOTED;
    } else {
        release(m, out);
        m->state = ends_cell(m, c) ? MEND_START : MEND_BARE;
    }
    strbuf_addc(out, c);
}

static void take_closed(struct csv_mend *m, char c, struct strbuf *out)
{
    if (c == '"' && m->held == 0) {
        strbuf_adds(out, "\"\"");
        m->state = MEND_QUOTED;
    } else if (ends_cell(m, c)) {
        m->held = 0;
        strbuf_addc(out, '"');
        strbuf_addc(out, c);
        m->state = MEND_START;
    } else if (!hold(m, c)) {
        strbuf_adds(out, "\"\"");
        release(m, out);
        strbuf_adds(out, c == '"' ? "\"" : "");
        strbuf_addc(out, c);
        m->state = MEND_BROKEN;
    }
}

static void end_broken(struct csv_mend *m, struct strbuf *out)
{
    strbuf_addc(out, CSV_MEND_MARK);
    strbuf_addc(out, '"');
    m->state = MEND_START;
}

static void take_broken(struct csv_mend *m, char c, struct strbuf *out)
{
    if (ends_cell(m, c))
        end_broken(m, out);
    else if (c == '"')
        strbuf_addc(out, '"');
    strbuf_addc(out, c);
}

static void take(struct csv_mend *m, char c, struct strbuf *out)
{
    switch (m->state) {
    case MEND_START:
        take_start(m, c, out);
        return;
    case MEND_BARE: /* the end of the cell: all else is a run */
        strbuf_addc(out, c);
        m->state = MEND_START;
        return;
    case MEND_QUOTED: /* a quote */
        m->state = MEND_CLOSED;
        return;
    case MEND_CLOSED:
        take_closed(m, c, out);
        return;
    case MEND_BROKEN:
        take_broken(m, c, out);
        return;
    }
}

void csv_mend_feed(struct csv_mend *m, const char *text, size_t len, struct strbuf *out)
{
    for (const char *at = text, *end = text + len; at < end;) {
        if (m->state == MEND_BARE || m->state == MEND_QUOTED) {
            const char *run = run_end(m, at, end);
            strbuf_add(out, at, (size_t)(run - at));
            at = run;
            if (at == end)
                return;
        }
        take(m, *at++, out);
    }
}

void csv_mend_finish(struct csv_mend *m, struct strbuf *out)
{
    if (m->state == MEND_START)
        release(m, out);
    if (m->state == MEND_CLOSED)
        strbuf_addc(out, '"');
    if (m->state == MEND_BROKEN)
        end_broken(m, out);
    m->held = 0;
}
