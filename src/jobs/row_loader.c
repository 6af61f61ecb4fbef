/* row_loader.c - rows into the database, a chunk at a time.
 *
 * The list is made with its first chunk.  What goes wrong ends the loading; the rows that are
 * stored are forgotten then, here or, when the database is away, by a janitor. */
#include <stdio.h>
#include <stdlib.h>

#include "base/crash.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "jobs/row_loader.h"

enum { CHUNK_BYTES = 1024 * 1024 };

/* A row that waits; its texts are in `text` from these places on. */
struct waiting {
    struct job_row row;
    size_t address_at, cells_at;
};

struct row_loader {
    struct db_pool *pool;
    struct job job;
    bool created, finished;

    struct waiting chunk[JOB_ROWS_CHUNK];
    struct job_row rows[JOB_ROWS_CHUNK]; /* the same, as the store takes them */
    struct strbuf text;
    size_t count;
};

static bool failed(enum db_status status)
{
    if (status == DB_OK)
        return false;
    log_error("a list could not be stored");
    return true;
}

static enum db_status create_once(struct row_loader *loader, struct db *db)
{
    if (loader->created)
        return DB_OK;
    enum db_status status = store_job_create(db, &loader->job);
    loader->created = status == DB_OK;
    crash_point("upload:created");
    return status;
}

static bool chunk_store(struct row_loader *loader)
{
    const char *text = strbuf_text(&loader->text);
    for (size_t i = 0; i < loader->count; i++) {
        const struct waiting *waiting = &loader->chunk[i];
        loader->rows[i] = waiting->row;
        loader->rows[i].address = text + waiting->address_at;
        loader->rows[i].cells = waiting->row.cells_len > 0 ? text + waiting->cells_at : NULL;
    }
    struct db *db = db_borrow(loader->pool);
    if (failed(db != NULL ? DB_OK : DB_UNAVAILABLE))
        return false;
    enum db_status status = create_once(loader, db);
    if (status == DB_OK)
        status =
            store_job_add_rows(db, loader->job.id, loader->job.rows, loader->rows, loader->count);
    db_return(loader->pool, &db);
    if (failed(status))
        return false;
    crash_point("upload:chunk");
    loader->job.rows += (int64_t)loader->count;
    loader->count = 0;
    strbuf_clear(&loader->text);
    return true;
}

static size_t keep_text(struct row_loader *loader, const char *text, size_t len)
{
    size_t at = loader->text.len;
    strbuf_add(&loader->text, text, len);
    return at;
}

bool row_loader_add(struct row_loader *loader, const struct job_row *row)
{
    struct waiting *waiting = &loader->chunk[loader->count++];
    waiting->row = *row;
    waiting->address_at = keep_text(loader, row->address, row->address_len);
    waiting->cells_at = keep_text(loader, row->cells, row->cells_len);
    bool full = loader->count == JOB_ROWS_CHUNK || loader->text.len >= CHUNK_BYTES;
    return !full || chunk_store(loader);
}

static bool loaded_store(struct row_loader *loader, const char *header_cells, size_t header_len)
{
    struct db *db = db_borrow(loader->pool);
    if (failed(db != NULL ? DB_OK : DB_UNAVAILABLE))
        return false;
    enum db_status status = store_job_loaded(db, &loader->job, header_cells, header_len);
    db_return(loader->pool, &db);
    crash_point("upload:loaded");
    return !failed(status);
}

bool row_loader_finish(struct row_loader *loader, const char *header_cells, size_t header_len)
{
    loader->finished = (loader->count == 0 || chunk_store(loader)) &&
                       loaded_store(loader, header_cells, header_len);
    return loader->finished;
}

struct row_loader *row_loader_new(struct db_pool *pool, uint64_t purse_id, const char *dialect)
{
    struct row_loader *loader = NEW(struct row_loader);
    loader->pool = pool;
    loader->job.purse_id = purse_id;
    snprintf(loader->job.dialect, sizeof(loader->job.dialect), "%s", dialect);
    store_id_new_uuid(loader->job.id);
    return loader;
}

static void abandon(struct row_loader *loader)
{
    struct db *db = db_borrow(loader->pool);
    if (db == NULL)
        return; /* a janitor will */
    store_job_abandon(db, loader->job.id);
    db_return(loader->pool, &db);
}

void row_loader_free(struct row_loader **loader)
{
    struct row_loader *l = *loader;
    if (l == NULL)
        return;
    if (l->created && !l->finished)
        abandon(l);
    strbuf_free(&l->text);
    free(l);
    *loader = NULL;
}

struct job *row_loader_job(struct row_loader *loader)
{
    return &loader->job;
}
