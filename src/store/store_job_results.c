/* store_job_results.c - a list's rows with their newest results, a portion at a time.
 *
 * Portions are short reads of their own: no read view stays open while a client takes its time.
 * Nor are they large: db_query takes a result whole, and a row's cells may have 128 KiB, so that
 * how many rows fit is asked before they are. */
#include <assert.h>

#include "base/xalloc.h"
#include "store/store_job.h"

#define ROW_COLUMNS    "r.n, r.first, r.address"
#define RESULT_COLUMNS "i.verdict, i.reason, i.status, i.score, i.facts"

struct reader {
    store_result_fn *each;
    void *arg;
};

static bool result_found(const struct db_value *v, size_t count, void *arg)
{
    (void)count;
    const struct reader *reader = arg;
    struct job_result result = {.n = (uint32_t)db_value_int(&v[0]),
                                .first = (uint32_t)db_value_int(&v[1]),
                                .address = v[2].data,
                                .address_len = v[2].len,
                                .cells = v[3].null ? NULL : v[3].data,
                                .cells_len = v[3].len,
                                .settled = !v[4].null};
    if (result.settled) {
        result.verdict = (int)db_value_int(&v[4]);
        result.reason = (int)db_value_int(&v[5]);
        result.status = (int)db_value_int(&v[6]);
        result.score = (int)db_value_int(&v[7]);
        result.facts = v[8].data;
        result.facts_len = v[8].len;
    }
    return reader->each(&result, reader->arg);
}

/* All results are of one batch. */
#define ONE_RUN(cells)                                                     \
    "SELECT " ROW_COLUMNS ", " cells ", " RESULT_COLUMNS " FROM job_row r" \
    " LEFT JOIN job_item i ON i.batch_id = ? AND i.n = r.first"            \
    " WHERE r.job_id = ? AND r.n > ? ORDER BY r.n LIMIT ?"

/* Each row's result is of the newest run that has one. */
#define MANY_RUNS(cells)                                                                     \
    "SELECT " ROW_COLUMNS ", r.cells, " RESULT_COLUMNS                                       \
    " FROM (SELECT w.n, w.first, w.address, " cells " cells,"                                \
    "   (SELECT x.batch_id FROM job_run x JOIN job_item y ON y.batch_id = x.batch_id"        \
    "     WHERE x.job_id = w.job_id AND y.n = w.first ORDER BY x.run DESC LIMIT 1) batch_id" \
    "   FROM job_row w WHERE w.job_id = ? AND w.n > ? ORDER BY w.n LIMIT ?) r"               \
    " LEFT JOIN job_item i ON i.batch_id = r.batch_id AND i.n = r.first ORDER BY r.n"

/* [one run, or more][with cells] */
static const char *const queries[2][2] = {{MANY_RUNS("NULL"), MANY_RUNS("w.cells")},
                                          {ONE_RUN("NULL"), ONE_RUN("r.cells")}};

enum db_status store_job_results(struct db *db, const struct job *job, uint32_t after, size_t limit,
                                 bool with_cells, store_result_fn *each, void *arg)
{
    assert(limit > 0 && limit <= JOB_RESULTS_MAX);
    const struct db_param params[] = {DB_BYTES(job->batch_id, STORE_ID_LEN),
                                      DB_BYTES(job->id, STORE_ID_LEN), DB_UINT(after),
                                      DB_UINT(limit)};
    struct reader reader = {each, arg};
    bool one = job->run <= 1;
    return db_query(db, queries[one][with_cells], one ? params : params + 1,
                    COUNT_OF(params) - !one, result_found, &reader);
}

/* Which rows is found out from keys and status alone; facts are read of the page's own rows. */
#define PAGE(condition)                                                                          \
    "SELECT " ROW_COLUMNS ", NULL, " RESULT_COLUMNS " FROM (SELECT n FROM job_item"              \
    " WHERE batch_id = ?" condition " ORDER BY n LIMIT ? OFFSET ?) p"                            \
    " JOIN job_item i ON i.batch_id = ? AND i.n = p.n JOIN job_row r ON r.job_id = ? AND r.n = " \
    "p.n"                                                                                        \
    " ORDER BY p.n"

enum db_status store_job_page(struct db *db, const struct job *job, int status, int64_t offset,
                              int64_t limit, store_result_fn *each, void *arg)
{
    assert(limit > 0 && limit <= JOB_PAGE_MAX);
    struct db_param params[6];
    size_t count = 0;
    struct reader reader = {each, arg};
    params[count++] = DB_BYTES(job->batch_id, STORE_ID_LEN);
    if (status >= 0)
        params[count++] = DB_INT(status);
    params[count++] = DB_INT(limit);
    params[count++] = DB_INT(offset);
    params[count++] = DB_BYTES(job->batch_id, STORE_ID_LEN);
    params[count++] = DB_BYTES(job->id, STORE_ID_LEN);
    return db_query(db, status >= 0 ? PAGE(" AND status = ?") : PAGE(""), params, count,
                    result_found, &reader);
}

struct scales {
    size_t bytes, room, rows;
};

static bool row_weighed(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct scales *scales = arg;
    scales->bytes += (size_t)db_value_int(&values[0]);
    if (scales->rows > 0 && scales->bytes > scales->room)
        return false;
    scales->rows++;
    return true;
}

enum db_status store_job_fit(struct db *db, const struct job *job, uint32_t after, size_t limit,
                             size_t bytes, size_t *rows)
{
    const struct db_param params[] = {DB_BYTES(job->id, STORE_ID_LEN), DB_UINT(after),
                                      DB_UINT(limit)};
    struct scales scales = {.room = bytes};
    enum db_status status = db_query(
        db, "SELECT LENGTH(cells) FROM job_row WHERE job_id = ? AND n > ? ORDER BY n LIMIT ?",
        params, COUNT_OF(params), row_weighed, &scales);
    *rows = scales.rows;
    return status;
}
