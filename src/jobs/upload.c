/* upload.c - rows of an uploaded file into the database.
 *
 * Each row learns whether its address came before (then it gets the first one's result, and costs
 * nothing) and its turn.  What goes wrong ends the upload; the rows that are stored are forgotten
 * then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "jobs/address_set.h"
#include "jobs/list_reader.h"
#include "jobs/row_loader.h"
#include "jobs/upload.h"

struct upload {
    struct row_loader *rows;
    struct job *job; /* the loader's */
    struct list_reader *reader;
    struct address_set *seen;
    struct address_turns *turns;
    enum upload_result result;
};

/* ---- rows ---- */

/* Does the row say more than its address? */
static bool says_more(const struct list_row *row)
{
    return row->cells_len != row->address_len ||
           memcmp(row->cells, row->address, row->address_len) != 0;
}

static bool on_row(const struct list_row *row, void *arg)
{
    struct upload *upload = arg;
    struct job_row stored = {.n = row->n, .address = row->address, .address_len = row->address_len};
    if (row->address_len > 0) {
        uint64_t key = address_set_key(row->address, row->address_len);
        stored.first = address_set_add(upload->seen, key, row->n);
        stored.turn = address_turns_of(upload->turns, row->address, row->address_len, row->n);
        upload->job->addresses++;
        upload->job->uniques += stored.first == row->n;
    }
    if (says_more(row)) {
        stored.cells = row->cells;
        stored.cells_len = row->cells_len;
    }
    if (!row_loader_add(upload->rows, &stored))
        upload->result = UPLOAD_FAILED;
    return upload->result == UPLOAD_OK;
}

/* ---- the owner's side ---- */

/* What may steer a terminal, or turn text around on a page: C0, C1, line ends, bidi marks. */
static bool is_shown(int32_t c)
{
    bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
    bool turning =
        c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    return !control && !turning;
}

/* Printable UTF-8, cut to fit. */
static void take_text(char *out, size_t room, const char *text)
{
    size_t len = 0;
    for (const char *at = text, *end = text + strlen(text); at < end;) {
        const char *from = at;
        int32_t c = utf8_next(&at, end);
        size_t size = (size_t)(at - from);
        if (!is_shown(c))
            continue;
        if (len + size >= room)
            break;
        memcpy(out + len, from, size);
        len += size;
    }
    out[len] = '\0';
}

/* Without the folders that some browsers send along. */
static void take_filename(struct job *job, const char *name)
{
    const char *slash = strrchr(name, '/'), *backslash = strrchr(name, '\\');
    if (slash != NULL)
        name = slash + 1;
    if (backslash != NULL && backslash + 1 > name)
        name = backslash + 1;
    take_text(job->filename, sizeof(job->filename), name);
}

struct upload *upload_new(struct db_pool *pool, uint64_t purse_id, const char *dialect,
                          const char *filename, int64_t max_rows)
{
    struct upload *upload = NEW(struct upload);
    upload->rows = row_loader_new(pool, purse_id, dialect);
    upload->job = row_loader_job(upload->rows);
    upload->reader = list_reader_new((uint32_t)max_rows, on_row, upload);
    upload->seen = address_set_new();
    upload->turns = address_turns_new();
    if (filename != NULL)
        take_filename(upload->job, filename);
    return upload;
}

void upload_free(struct upload **upload)
{
    struct upload *u = *upload;
    if (u == NULL)
        return;
    row_loader_free(&u->rows);
    list_reader_free(&u->reader);
    address_set_free(&u->seen);
    address_turns_free(&u->turns);
    free(u);
    *upload = NULL;
}

static bool note_bad(struct upload *upload, bool fine)
{
    if (!fine && upload->result == UPLOAD_OK)
        upload->result = UPLOAD_BAD;
    return upload->result == UPLOAD_OK;
}

bool upload_feed(struct upload *upload, const void *data, size_t len)
{
    return upload->result == UPLOAD_OK &&
           note_bad(upload, list_reader_feed(upload->reader, data, len));
}

/* All rows are in, and what was found out about the file with them. */
static bool all_stored(struct upload *upload)
{
    const struct list_about *about = list_reader_about(upload->reader);
    struct job *job = upload->job;
    snprintf(job->encoding, sizeof(job->encoding), "%s", about->encoding);
    take_text(job->column_name, sizeof(job->column_name), about->column_name);
    job->delimiter = about->delimiter;
    job->header = about->header;
    job->column = about->column;
    return row_loader_finish(upload->rows, about->header_cells, about->header_cells_len);
}

enum upload_result upload_finish(struct upload *upload, struct job *job)
{
    if (upload->result != UPLOAD_OK || !note_bad(upload, list_reader_finish(upload->reader)))
        return upload->result;
    if (upload->job->addresses == 0)
        upload->result = UPLOAD_EMPTY;
    else if (!all_stored(upload))
        upload->result = UPLOAD_FAILED;
    else
        *job = *upload->job;
    return upload->result;
}

const char *upload_why(const struct upload *upload)
{
    return list_reader_why(upload->reader);
}
