/* store_job.c - lists as rows: loading them, finding them.
 *
 * A file comes in chunks, each a transaction; the number of rows stored so far is the guard, so a
 * chunk whose answer was lost is not stored twice.  Until the last chunk is in, nobody sees the
 * job; an upload that breaks off is forgotten, by its own program or by a janitor. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/many.h"
#include "store/store_job_private.h"

int64_t job_processed(const struct job *job)
{
    int64_t sum = 0;
    for (size_t i = 0; i < DIALECT_STATUS_MAX; i++)
        sum += job->counts[i];
    return sum;
}

void job_read(const struct db_value *v, struct job *job)
{
    *job = (struct job){.purse_id = (uint64_t)db_value_int(&v[1]),
                        .state = (enum job_state)db_value_int(&v[3]),
                        .delimiter = v[6].len > 0 ? v[6].data[0] : '\0',
                        .header = db_value_int(&v[7]) != 0,
                        .column = (uint32_t)db_value_int(&v[8]),
                        .rows = db_value_int(&v[10]),
                        .addresses = db_value_int(&v[11]),
                        .uniques = db_value_int(&v[12]),
                        .price = db_value_int(&v[13]),
                        .run = db_value_int(&v[14]),
                        .total = db_value_int(&v[16]),
                        .fed = db_value_int(&v[17]),
                        .done = db_value_int(&v[18]),
                        .age_us = db_value_int(&v[27]),
                        .running_us = db_value_int(&v[28]),
                        .created_us = db_value_int(&v[32])};
    db_value_bytes(&v[0], job->id, STORE_ID_LEN);
    db_value_bytes(&v[15], job->batch_id, STORE_ID_LEN);
    db_value_text(&v[2], job->dialect, sizeof(job->dialect));
    db_value_text(&v[4], job->filename, sizeof(job->filename));
    db_value_text(&v[5], job->encoding, sizeof(job->encoding));
    db_value_text(&v[9], job->column_name, sizeof(job->column_name));
    for (size_t i = 0; i < DIALECT_STATUS_MAX; i++)
        job->counts[i] = db_value_int(&v[19 + i]);
    db_value_text(&v[29], job->created, sizeof(job->created));
    db_value_text(&v[30], job->started, sizeof(job->started));
    db_value_text(&v[31], job->finished, sizeof(job->finished));
}

/* ---- loading ---- */

static enum db_status create_run(struct db *db, void *arg)
{
    const struct job *job = arg;
    const struct db_param params[] = {DB_BYTES(job->id, STORE_ID_LEN), DB_UINT(job->purse_id),
                                      DB_TEXT(job->dialect),
                                      job->filename[0] != '\0' ? DB_TEXT(job->filename) : DB_NULL};
    /* A second try that finds the first has nothing to add. */
    return db_exec(
        db,
        "INSERT INTO job (id, purse_id, dialect, state, filename, encoding, delimiter,"
        " has_header, column_number, column_name, row_count, address_count,"
        " unique_count, price, run, again_status, total, fed, done, feed_turn, feed_n, count_0,"
        " count_1, count_2, count_3, count_4, count_5, count_6, count_7, leftovers,"
        " created, touched)"
        " VALUES (?, ?, ?, 0, ?, '', '', 0, 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,"
        " 0, 0, 0, 0, 0, 0, 0, 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
        params, COUNT_OF(params), NULL);
}

enum db_status store_job_create(struct db *db, const struct job *job)
{
    enum db_status status = db_transaction(db, create_run, (void *)job);
    return status == DB_DUPLICATE ? DB_OK : status; /* our own first try */
}

struct add {
    const uint8_t *id;
    int64_t before;
    const struct job_row *rows;
    size_t count;
};

/* The guard hit nothing: because an earlier try landed, or because the job is gone? */
static enum db_status added_before(struct db *db, const struct add *add)
{
    const struct db_param params[] = {DB_BYTES(add->id, STORE_ID_LEN)};
    int64_t rows = -1;
    enum db_status status = db_query(db, "SELECT row_count FROM job WHERE id = ? AND state = 0",
                                     params, COUNT_OF(params), db_take_int, &rows);
    if (status != DB_OK)
        return status;
    return rows == add->before + (int64_t)add->count ? DB_OK : DB_REFUSED;
}

/* What a statement may hold; the server's max_allowed_packet is 16 MB and more. */
enum { STATEMENT_BYTES = 4 * 1024 * 1024 };

/* How many rows from `at` on go into one statement. */
static size_t rows_portion(const struct add *add, size_t at)
{
    size_t bytes = 0, fit = 0;
    for (; at + fit < add->count; fit++) {
        bytes += add->rows[at + fit].address_len + add->rows[at + fit].cells_len;
        if (fit > 0 && bytes > STATEMENT_BYTES)
            break;
    }
    return many_portion(fit);
}

static enum db_status rows_insert(struct db *db, const struct add *add, size_t from, size_t count)
{
    struct many m = {0};
    strbuf_adds(&m.sql, "INSERT INTO job_row (job_id, n, turn, first, address, cells) VALUES ");
    for (size_t i = from; i < from + count; i++) {
        const struct job_row *row = &add->rows[i];
        many_row(&m, "(?, ?, ?, ?, ?, ?)");
        many_add(&m, DB_BYTES(add->id, STORE_ID_LEN));
        many_add(&m, DB_UINT(row->n));
        many_add(&m, row->first == row->n ? DB_UINT(row->turn) : DB_NULL);
        many_add(&m, row->first != 0 ? DB_UINT(row->first) : DB_NULL);
        many_add(&m, row->first != 0 ? DB_BYTES(row->address, row->address_len) : DB_NULL);
        many_add(&m, row->cells != NULL ? DB_BYTES(row->cells, row->cells_len) : DB_NULL);
    }
    return many_exec(db, &m);
}

static enum db_status add_rows_run(struct db *db, void *arg)
{
    const struct add *add = arg;
    const struct db_param guard[] = {DB_UINT(add->count), DB_BYTES(add->id, STORE_ID_LEN),
                                     DB_INT(add->before)};
    uint64_t changed = 0;
    enum db_status status =
        db_exec(db,
                UPDATE_JOB " row_count = row_count + ?, touched = UTC_TIMESTAMP(6)"
                           " WHERE id = ? AND state = 0 AND row_count = ?",
                guard, COUNT_OF(guard), &changed);
    if (status != DB_OK)
        return status;
    if (changed != 1)
        return added_before(db, add);
    size_t at = 0;
    while (at < add->count && status == DB_OK) {
        size_t portion = rows_portion(add, at);
        status = rows_insert(db, add, at, portion);
        at += portion;
    }
    return status;
}

enum db_status store_job_add_rows(struct db *db, const uint8_t id[STORE_ID_LEN], int64_t before,
                                  const struct job_row *rows, size_t count)
{
    assert(count > 0 && count <= JOB_ROWS_CHUNK);
    struct add add = {id, before, rows, count};
    return db_transaction(db, add_rows_run, &add);
}

struct loaded {
    const struct job *job;
    const char *header;
    size_t header_len;
};

static enum db_status loaded_before(struct db *db, const struct job *job)
{
    const struct db_param params[] = {DB_BYTES(job->id, STORE_ID_LEN)};
    int64_t state = -1;
    enum db_status status = db_query(db, "SELECT state FROM job WHERE id = ?", params,
                                     COUNT_OF(params), db_take_int, &state);
    if (status != DB_OK)
        return status;
    return state == JOB_READY ? DB_OK : DB_REFUSED;
}

static enum db_status loaded_run(struct db *db, void *arg)
{
    const struct loaded *loaded = arg;
    const struct job *job = loaded->job;
    const struct db_param params[] = {
        DB_TEXT(job->encoding),    DB_BYTES(&job->delimiter, job->delimiter != '\0'),
        DB_INT(job->header),       DB_UINT(job->column),
        DB_TEXT(job->column_name), DB_INT(job->addresses),
        DB_INT(job->uniques),      DB_BYTES(job->id, STORE_ID_LEN),
        DB_INT(job->rows)};
    uint64_t changed = 0;
    enum db_status status = db_exec(
        db,
        UPDATE_JOB " state = 1, encoding = ?, delimiter = ?, "
                   "has_header = ?,"
                   " column_number = ?, column_name = ?, address_count = ?, unique_count = ?,"
                   " touched = UTC_TIMESTAMP(6) WHERE id = ? AND state = 0 AND row_count = ?",
        params, COUNT_OF(params), &changed);
    if (status != DB_OK)
        return status;
    if (changed != 1)
        return loaded_before(db, job);
    if (loaded->header_len == 0)
        return DB_OK;
    const struct db_param header[] = {DB_BYTES(job->id, STORE_ID_LEN),
                                      DB_BYTES(loaded->header, loaded->header_len)};
    return db_exec(db, "INSERT INTO job_header (job_id, cells) VALUES (?, ?)", header,
                   COUNT_OF(header), NULL);
}

enum db_status store_job_loaded(struct db *db, const struct job *job, const char *header_cells,
                                size_t header_len)
{
    struct loaded loaded = {job, header_cells, header_len};
    return db_transaction(db, loaded_run, &loaded);
}

static enum db_status abandon_run(struct db *db, void *arg)
{
    const struct db_param params[] = {DB_BYTES(arg, STORE_ID_LEN)};
    return db_exec(db,
                   UPDATE_JOB " state = 6, leftovers = 1, touched = UTC_TIMESTAMP(6)"
                              " WHERE id = ? AND state = 0",
                   params, COUNT_OF(params), NULL);
}

enum db_status store_job_abandon(struct db *db, const uint8_t id[STORE_ID_LEN])
{
    return db_transaction(db, abandon_run, (void *)id);
}

/* ---- looking ---- */

struct finder {
    struct job *job;
    bool found;
};

static bool job_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct finder *finder = arg;
    job_read(values, finder->job);
    finder->found = true;
    return false;
}

#define OF_PURSE "(? = 0 OR j.purse_id = ?)"
enum db_status job_lock(struct db *db, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                        struct job *job, bool *found)
{
    const struct db_param params[] = {DB_BYTES(id, STORE_ID_LEN), DB_UINT(purse_id),
                                      DB_UINT(purse_id)};
    struct finder finder = {job, false};
    enum db_status status =
        db_query(db,
                 "SELECT " JOB_COLUMNS " FROM job j WHERE j.id = ? AND j.state <> 6 AND " OF_PURSE
                 " FOR UPDATE",
                 params, COUNT_OF(params), job_found, &finder);
    *found = finder.found;
    return status;
}

enum db_status store_job_find(struct db *db, uint64_t purse_id, const uint8_t id[STORE_ID_LEN],
                              struct job *job, bool *found)
{
    const struct db_param params[] = {DB_BYTES(id, STORE_ID_LEN), DB_UINT(purse_id),
                                      DB_UINT(purse_id)};
    struct finder finder = {job, false};
    enum db_status status = db_query(
        db,
        "SELECT " JOB_COLUMNS " FROM job j WHERE j.id = ? AND j.state NOT IN (0, 6) AND " OF_PURSE,
        params, COUNT_OF(params), job_found, &finder);
    *found = finder.found;
    return status;
}

static bool waiting_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct job *job = arg;
    job->waiting = db_value_int(&values[0]);
    job->waiting_s = db_value_int(&values[1]);
    return false;
}

/* Beyond so many, all that is not settled passes for put off: nearly all of it will be. */
enum { WAITING_LOOK = 2000 };

enum db_status store_job_waiting(struct db *db, struct job *job)
{
    const struct db_param params[] = {DB_BYTES(job->batch_id, STORE_ID_LEN), DB_INT(WAITING_LOOK)};
    job->waiting = job->waiting_s = 0;
    if (job->state != JOB_RUNNING)
        return DB_OK;
    enum db_status status =
        db_query(db,
                 "SELECT COUNT(*), TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), MAX(run_at)) FROM"
                 " (SELECT run_at FROM work WHERE batch_id = ? AND owner IS NULL AND retries > 0"
                 "   LIMIT ?) w",
                 params, COUNT_OF(params), waiting_found, job);
    if (job->waiting == WAITING_LOOK)
        job->waiting = job->fed - job->done;
    return status;
}

struct lister {
    store_job_fn *each;
    void *arg;
};

static bool job_listed(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    const struct lister *lister = arg;
    struct job job;
    job_read(values, &job);
    return lister->each(&job, lister->arg);
}

enum db_status store_job_list(struct db *db, uint64_t purse_id, int64_t offset, int64_t limit,
                              store_job_fn *each, void *arg)
{
    const struct db_param params[] = {DB_UINT(purse_id), DB_UINT(purse_id), DB_INT(limit),
                                      DB_INT(offset)};
    struct lister lister = {each, arg};
    return db_query(db,
                    "SELECT " JOB_COLUMNS " FROM job j WHERE j.state NOT IN (0, 6) AND " OF_PURSE
                    " ORDER BY j.created DESC, j.id DESC LIMIT ? OFFSET ?",
                    params, COUNT_OF(params), job_listed, &lister);
}

enum db_status store_job_count(struct db *db, uint64_t purse_id, int64_t *count)
{
    const struct db_param params[] = {DB_UINT(purse_id), DB_UINT(purse_id)};
    *count = 0;
    return db_query(db, "SELECT COUNT(*) FROM job j WHERE j.state NOT IN (0, 6) AND " OF_PURSE,
                    params, COUNT_OF(params), db_take_int, count);
}

enum db_status store_job_count_unpaid(struct db *db, uint64_t purse_id, int64_t *count)
{
    const struct db_param params[] = {DB_UINT(purse_id)};
    *count = 0;
    return db_query(db,
                    "SELECT COUNT(*) FROM job WHERE purse_id = ? AND"
                    " (state = 1 OR (state = 4 AND run <= 1 AND done = 0))",
                    params, COUNT_OF(params), db_take_int, count);
}

static bool header_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    strbuf_add(arg, values[0].data, values[0].len);
    return false;
}

enum db_status store_job_header(struct db *db, const uint8_t id[STORE_ID_LEN], struct strbuf *out)
{
    const struct db_param params[] = {DB_BYTES(id, STORE_ID_LEN)};
    return db_query(db, "SELECT cells FROM job_header WHERE job_id = ?", params, COUNT_OF(params),
                    header_found, out);
}
