/* upload.c - rows of an uploaded file into the database, a chunk at a time.
 *
 * Each row learns whether its address came before (then it gets the first one's result, and costs
 * nothing) and its turn.  A connection is borrowed for each chunk only, so that slow clients hold
 * none.  What goes wrong ends the upload; the rows that are stored are forgotten then. */
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "base/log.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "jobs/address_set.h"
#include "jobs/list_reader.h"
#include "jobs/upload.h"

enum { CHUNK_BYTES = 1024 * 1024 };

/* A row that waits; its texts are in `text` from these places on. */
struct waiting {
    struct job_row row;
    size_t address_at, cells_at;
};

struct upload {
    struct db_pool *pool;
    struct list_reader *reader;
    struct address_set *seen;
    struct address_turns *turns;
    struct job job;
    bool created, finished;
    enum upload_result result;

    struct waiting chunk[JOB_ROWS_CHUNK];
    struct job_row rows[JOB_ROWS_CHUNK]; /* the same, as the store takes them */
    struct strbuf text;
    size_t count;
};

/* ---- to the database ---- */

static bool failed(struct upload *upload, enum db_status status)
{
    if (status == DB_OK)
        return false;
    log_error("an upload could not be stored");
    upload->result = UPLOAD_FAILED;
    return true;
}

static enum db_status create_once(struct upload *upload, struct db *db)
{
    if (upload->created)
        return DB_OK;
    enum db_status status = store_job_create(db, &upload->job);
    upload->created = status == DB_OK;
    crash_point("upload:created");
    return status;
}

static bool chunk_store(struct upload *upload)
{
    const char *text = strbuf_text(&upload->text);
    for (size_t i = 0; i < upload->count; i++) {
        const struct waiting *waiting = &upload->chunk[i];
        upload->rows[i] = waiting->row;
        upload->rows[i].address = text + waiting->address_at;
        upload->rows[i].cells = waiting->row.cells_len > 0 ? text + waiting->cells_at : NULL;
    }
    struct db *db = db_borrow(upload->pool);
    if (failed(upload, db != NULL ? DB_OK : DB_UNAVAILABLE))
        return false;
    enum db_status status = create_once(upload, db);
    if (status == DB_OK)
        status =
            store_job_add_rows(db, upload->job.id, upload->job.rows, upload->rows, upload->count);
    db_return(upload->pool, &db);
    if (failed(upload, status))
        return false;
    crash_point("upload:chunk");
    upload->job.rows += (int64_t)upload->count;
    upload->count = 0;
    strbuf_clear(&upload->text);
    return true;
}

/* ---- rows ---- */

static size_t keep_text(struct upload *upload, const char *text, size_t len)
{
    size_t at = upload->text.len;
    strbuf_add(&upload->text, text, len);
    return at;
}

/* Does the row say more than its address? */
static bool says_more(const struct list_row *row)
{
    return row->cells_len != row->address_len ||
           memcmp(row->cells, row->address, row->address_len) != 0;
}

static bool on_row(const struct list_row *row, void *arg)
{
    struct upload *upload = arg;
    struct waiting *waiting = &upload->chunk[upload->count++];
    *waiting = (struct waiting){.row = {.n = row->n, .address_len = row->address_len}};
    if (row->address_len > 0) {
        uint64_t key = address_set_key(row->address, row->address_len);
        waiting->row.first = address_set_add(upload->seen, key, row->n);
        waiting->row.turn = address_turns_of(upload->turns, row->address, row->address_len, row->n);
        upload->job.addresses++;
        upload->job.uniques += waiting->row.first == row->n;
    }
    waiting->address_at = keep_text(upload, row->address, row->address_len);
    if (says_more(row)) {
        waiting->row.cells_len = row->cells_len;
        waiting->cells_at = keep_text(upload, row->cells, row->cells_len);
    }
    bool full = upload->count == JOB_ROWS_CHUNK || upload->text.len >= CHUNK_BYTES;
    return !full || chunk_store(upload);
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
    upload->pool = pool;
    upload->reader = list_reader_new((uint32_t)max_rows, on_row, upload);
    upload->seen = address_set_new();
    upload->turns = address_turns_new();
    upload->job.purse_id = purse_id;
    snprintf(upload->job.dialect, sizeof(upload->job.dialect), "%s", dialect);
    store_id_new_uuid(upload->job.id);
    if (filename != NULL)
        take_filename(&upload->job, filename);
    return upload;
}

static void abandon(struct upload *upload)
{
    struct db *db = db_borrow(upload->pool);
    if (db == NULL)
        return; /* a janitor will */
    store_job_abandon(db, upload->job.id);
    db_return(upload->pool, &db);
}

void upload_free(struct upload **upload)
{
    struct upload *u = *upload;
    if (u == NULL)
        return;
    if (u->created && !u->finished)
        abandon(u);
    list_reader_free(&u->reader);
    address_set_free(&u->seen);
    address_turns_free(&u->turns);
    strbuf_free(&u->text);
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

static bool loaded_store(struct upload *upload)
{
    const struct list_about *about = list_reader_about(upload->reader);
    struct job *job = &upload->job;
    snprintf(job->encoding, sizeof(job->encoding), "%s", about->encoding);
    take_text(job->column_name, sizeof(job->column_name), about->column_name);
    job->delimiter = about->delimiter;
    job->header = about->header;
    job->column = about->column;
    struct db *db = db_borrow(upload->pool);
    if (failed(upload, db != NULL ? DB_OK : DB_UNAVAILABLE))
        return false;
    enum db_status status = store_job_loaded(db, job, about->header_cells, about->header_cells_len);
    db_return(upload->pool, &db);
    crash_point("upload:loaded");
    return !failed(upload, status);
}

enum upload_result upload_finish(struct upload *upload, struct job *job)
{
    bool fine = upload->result == UPLOAD_OK && note_bad(upload, list_reader_finish(upload->reader));
    if (fine && upload->job.addresses == 0) {
        upload->result = UPLOAD_EMPTY;
        fine = false;
    }
    fine = fine && (upload->count == 0 || chunk_store(upload)) && loaded_store(upload);
    upload->finished = fine;
    if (fine)
        *job = upload->job;
    return upload->result;
}

const char *upload_why(const struct upload *upload)
{
    return list_reader_why(upload->reader);
}
