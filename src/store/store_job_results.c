/* store_job_results.c - a list's rows with their newest results, a portion at a time.
 *
 * Portions are short reads of their own: no read view stays open while a client takes its time. */
#include <assert.h>

#include "base/xalloc.h"
#include "store/store_job.h"

#define ROW_COLUMNS    "r.n, r.first, r.address, r.cells"
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
static const char one_run[] = "SELECT " ROW_COLUMNS ", " RESULT_COLUMNS " FROM job_row r"
                              " LEFT JOIN job_item i ON i.batch_id = ? AND i.n = r.first"
                              " WHERE r.job_id = ? AND r.n > ? ORDER BY r.n LIMIT ?";

/* Each row's result is of the newest run that has one. */
static const char many_runs[] =
    "SELECT " ROW_COLUMNS ", " RESULT_COLUMNS " FROM (SELECT w.n, w.first, w.address, w.cells,"
    "   (SELECT x.batch_id FROM job_run x JOIN job_item y ON y.batch_id = x.batch_id"
    "     WHERE x.job_id = w.job_id AND y.n = w.first ORDER BY x.run DESC LIMIT 1) batch_id"
    "   FROM job_row w WHERE w.job_id = ? AND w.n > ? ORDER BY w.n LIMIT ?) r"
    " LEFT JOIN job_item i ON i.batch_id = r.batch_id AND i.n = r.first ORDER BY r.n";

enum db_status store_job_results(struct db *db, const struct job *job, uint32_t after, size_t limit,
                                 store_result_fn *each, void *arg)
{
    assert(limit > 0 && limit <= JOB_RESULTS_MAX);
    const struct db_param params[] = {DB_BYTES(job->batch_id, STORE_ID_LEN),
                                      DB_BYTES(job->id, STORE_ID_LEN), DB_UINT(after),
                                      DB_UINT(limit)};
    struct reader reader = {each, arg};
    bool one = job->run <= 1;
    return db_query(db, one ? one_run : many_runs, one ? params : params + 1,
                    COUNT_OF(params) - !one, result_found, &reader);
}
