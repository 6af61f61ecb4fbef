/* store_work.c - the queue: rows are fed into it from lists, leased, put off, given back.
 *
 * Feeding and leasing are one step: who moves a list's cursor gets the rows.  The list's row is
 * locked meanwhile, so two workers never get the same rows, and cursor and rows commit together.
 * Rows that come again (put off, or left by a worker that died) are taken by due time, skipping
 * those that somebody else is just taking.
 *
 * A lease is (owner, epoch) until run_at.  Time decides only when others may have a row, never who
 * has it: every later write names owner and epoch, and touches nothing when they are not in the row
 * any more.  When an answer to COMMIT is lost, a replayed feed looks whether its rows are in the
 * queue as it wrote them, and keeps them; a replayed lease leaves the rows of the first try until
 * their time is up.
 *
 * Statements name their index: a scan of a small table would lock rows that are others'. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/many.h"
#include "store/store_job_private.h"
#include "store/store_work.h"

enum { ADDRESS_ROOM = 64 };

/* Rows on their way to a worker. */
struct taken {
    struct work_item *items;
    size_t *addresses; /* where each one's text begins */
    struct strbuf text;
    size_t count, cap;
};

static void taken_add(struct taken *taken, const struct work_item *item)
{
    if (taken->count == taken->cap) {
        taken->cap = taken->cap == 0 ? ADDRESS_ROOM : 2 * taken->cap;
        taken->items = x_realloc(taken->items, taken->cap, sizeof(taken->items[0]));
        taken->addresses = x_realloc(taken->addresses, taken->cap, sizeof(taken->addresses[0]));
    }
    taken->addresses[taken->count] = taken->text.len;
    taken->items[taken->count++] = *item;
    strbuf_add(&taken->text, item->address, item->address_len);
}

static void taken_clear(struct taken *taken)
{
    taken->count = 0;
    strbuf_clear(&taken->text);
}

static const char *taken_address(const struct taken *taken, size_t i)
{
    return strbuf_text(&taken->text) + taken->addresses[i];
}

/* Hands everything over, once it is committed, and frees it. */
static void taken_give(struct taken *taken, enum db_status status, work_item_fn *fn, void *arg,
                       size_t *given)
{
    *given = status == DB_OK ? taken->count : 0;
    for (size_t i = 0; i < *given; i++) {
        taken->items[i].address = taken_address(taken, i);
        fn(&taken->items[i], arg);
    }
    free(taken->items);
    free(taken->addresses);
    strbuf_free(&taken->text);
}

/* ---- sources ---- */

struct sources {
    work_source_fn *each;
    void *arg;
};

static bool source_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    const struct sources *sources = arg;
    struct work_source source = {.purse_id = (uint64_t)db_value_int(&values[2]),
                                 .left = db_value_int(&values[4])};
    db_value_bytes(&values[0], source.job_id, STORE_ID_LEN);
    db_value_bytes(&values[1], source.batch_id, STORE_ID_LEN);
    db_value_text(&values[3], source.dialect, sizeof(source.dialect));
    return sources->each(&source, sources->arg);
}

#define SOURCE_COLUMNS "j.id, j.batch_id, j.purse_id, j.dialect, j.total - j.fed"

enum db_status store_work_sources(struct db *db, const struct dialect_ops *const *dialects,
                                  int64_t limit, work_source_fn *each, void *arg)
{
    struct sources sources = {each, arg};
    struct many m = {0};
    strbuf_adds(&m.sql, "SELECT " SOURCE_COLUMNS " FROM job j WHERE j.state = 2"
                        " AND j.fed < j.total AND j.dialect IN (");
    for (; *dialects != NULL; dialects++) {
        many_row(&m, "?");
        many_add(&m, DB_TEXT((*dialects)->name));
    }
    strbuf_adds(&m.sql, ") ORDER BY j.touched LIMIT ?");
    many_add(&m, DB_INT(limit));
    return many_query(db, &m, source_found, &sources);
}

enum db_status store_work_is_running(struct db *db, const uint8_t batch_id[STORE_ID_LEN],
                                     bool *running)
{
    const struct db_param params[] = {DB_BYTES(batch_id, STORE_ID_LEN)};
    int64_t count = 0;
    enum db_status status =
        db_query(db,
                 "SELECT COUNT(*) FROM job_run r JOIN job j ON j.id = r.job_id"
                 " WHERE r.batch_id = ? AND j.state = 2 AND j.batch_id = r.batch_id",
                 params, COUNT_OF(params), db_take_int, &count);
    *running = count > 0;
    return status;
}

enum db_status store_job_closable(struct db *db, work_source_fn *each, void *arg)
{
    struct sources sources = {each, arg};
    return db_query(db,
                    "SELECT " SOURCE_COLUMNS " FROM job j WHERE j.state = 2 AND j.done = j.total"
                    " LIMIT 1000",
                    NULL, 0, source_found, &sources);
}

struct one {
    struct work_source *source;
    bool found;
};

static bool take_source(const struct work_source *source, void *arg)
{
    struct one *one = arg;
    *one->source = *source;
    one->found = true;
    return false;
}

enum db_status store_work_source_of(struct db *db, const uint8_t batch_id[STORE_ID_LEN],
                                    struct work_source *source, bool *found)
{
    const struct db_param params[] = {DB_BYTES(batch_id, STORE_ID_LEN)};
    struct one one = {source, false};
    struct sources sources = {take_source, &one};
    enum db_status status =
        db_query(db,
                 "SELECT j.id, r.batch_id, j.purse_id, j.dialect, 0 FROM job_run r"
                 " JOIN job j ON j.id = r.job_id WHERE r.batch_id = ?",
                 params, COUNT_OF(params), source_found, &sources);
    *found = one.found;
    return status;
}

struct numbers {
    int64_t *lists, *alone_s;
};

static bool waiting_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    const struct numbers *numbers = arg;
    *numbers->lists = db_value_int(&values[0]);
    *numbers->alone_s = db_value_int(&values[1]);
    return false;
}

/* A list whose rest is put off waits for its time, not for a worker. */
enum db_status store_work_waiting(struct db *db, int64_t *lists, int64_t *alone_s)
{
    struct numbers numbers = {lists, alone_s};
    return db_query(db,
                    "SELECT COUNT(*), COALESCE(MAX(IF(fed < total,"
                    " TIMESTAMPDIFF(SECOND, touched, UTC_TIMESTAMP(6)), 0)), 0)"
                    " FROM job WHERE state = 2",
                    NULL, 0, waiting_found, &numbers);
}

/* ---- feed ---- */

struct feed {
    const uint8_t *job_id, *owner;
    int64_t lease_ms, want;
    struct taken taken;
    struct job job;
    uint32_t turn, n; /* the cursor; before, then behind what this try takes */
    char until[32];   /* the end of its leases, which tells its rows from all others' */
};

static bool cursor_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct feed *feed = arg;
    feed->turn = (uint32_t)db_value_int(&values[0]);
    feed->n = (uint32_t)db_value_int(&values[1]);
    db_value_text(&values[2], feed->until, sizeof(feed->until));
    return false;
}

static bool row_fed(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct feed *feed = arg;
    struct work_item item = {.n = (uint32_t)db_value_int(&values[1]),
                             .epoch = 1,
                             .tries = 1,
                             .address = values[2].data,
                             .address_len = values[2].len};
    memcpy(item.batch_id, feed->job.batch_id, STORE_ID_LEN);
    feed->turn = (uint32_t)db_value_int(&values[0]);
    feed->n = item.n;
    taken_add(&feed->taken, &item);
    return true;
}

/* The first run asks all rows in the order of their turns. */
static enum db_status rows_all(struct db *db, struct feed *feed, int64_t want)
{
    const struct db_param params[] = {DB_BYTES(feed->job_id, STORE_ID_LEN), DB_UINT(feed->turn),
                                      DB_UINT(feed->turn), DB_UINT(feed->n), DB_INT(want)};
    return db_query(db,
                    "SELECT turn, n, address FROM job_row FORCE INDEX (job_row_turn)"
                    " WHERE job_id = ? AND (turn > ? OR (turn = ? AND n > ?))"
                    " ORDER BY turn, n LIMIT ?",
                    params, COUNT_OF(params), row_fed, feed);
}

/* A later one, what the run before left unknown. */
static enum db_status rows_again(struct db *db, struct feed *feed, int64_t want)
{
    const struct db_param params[] = {DB_BYTES(feed->job_id, STORE_ID_LEN),
                                      DB_INT(feed->job.run - 1), DB_UINT(feed->n), DB_INT(want)};
    return db_query(db,
                    "SELECT 0, i.n, w.address FROM job_run r"
                    " JOIN job_item i ON i.batch_id = r.batch_id"
                    " JOIN job j ON j.id = r.job_id"
                    " JOIN job_row w ON w.job_id = r.job_id AND w.n = i.n"
                    " WHERE r.job_id = ? AND r.run = ? AND i.n > ? AND i.status = j.again_status"
                    " ORDER BY i.n LIMIT ?",
                    params, COUNT_OF(params), row_fed, feed);
}

static enum db_status work_insert(struct db *db, void *arg, size_t from, size_t count)
{
    const struct feed *feed = arg;
    struct many m = {0};
    strbuf_adds(&m.sql, "INSERT INTO work (batch_id, n, address, run_at, owner, epoch, tries,"
                        " retries) VALUES ");
    for (size_t i = from; i < from + count; i++) {
        const struct work_item *item = &feed->taken.items[i];
        many_row(&m, "(?, ?, ?, ?, ?, 1, 1, 0)");
        many_add(&m, DB_BYTES(item->batch_id, STORE_ID_LEN));
        many_add(&m, DB_UINT(item->n));
        many_add(&m, DB_BYTES(taken_address(&feed->taken, i), item->address_len));
        many_add(&m, DB_TEXT(feed->until));
        many_add(&m, DB_BYTES(feed->owner, STORE_ID_LEN));
    }
    return many_exec(db, &m);
}

static enum db_status feed_write(struct db *db, struct feed *feed)
{
    size_t count = feed->taken.count;
    enum db_status status = many_in_portions(db, count, work_insert, feed);
    const struct db_param params[] = {DB_INT(feed->job.fed + (int64_t)count), DB_UINT(feed->turn),
                                      DB_UINT(feed->n), DB_BYTES(feed->job_id, STORE_ID_LEN),
                                      DB_INT(feed->job.fed)};
    if (status == DB_OK)
        status = job_update(db,
                            UPDATE_JOB
                            " fed = ?, feed_turn = ?, feed_n = ?,"
                            " touched = UTC_TIMESTAMP(6) WHERE id = ? AND state = 2 AND fed = ?",
                            params, COUNT_OF(params));
    return status;
}

static enum db_status feed_rows(struct db *db, struct feed *feed)
{
    int64_t left = feed->job.total - feed->job.fed;
    int64_t want = feed->want < left ? feed->want : left;
    taken_clear(&feed->taken);
    enum db_status status =
        feed->job.run == 1 ? rows_all(db, feed, want) : rows_again(db, feed, want);
    if (status != DB_OK)
        return status;
    if (feed->taken.count != (size_t)want) {
        log_error("database: a list has %zu rows where %lld were counted", feed->taken.count,
                  (long long)want);
        return DB_BROKEN;
    }
    return feed_write(db, feed);
}

/* Did an earlier try land?  Under the list's lock, so it is decided.  The same worker's other
 * threads may have fed the same rows meanwhile, but not with the same microsecond. */
static enum db_status landed_before(struct db *db, const struct feed *feed, int64_t *landed)
{
    *landed = 0;
    if (feed->taken.count == 0)
        return DB_OK;
    const struct work_item *first = &feed->taken.items[0];
    const struct db_param params[] = {DB_BYTES(first->batch_id, STORE_ID_LEN), DB_UINT(first->n),
                                      DB_BYTES(feed->owner, STORE_ID_LEN), DB_TEXT(feed->until)};
    return db_query(db,
                    "SELECT COUNT(*) FROM work WHERE batch_id = ? AND n = ? AND owner = ?"
                    " AND epoch = 1 AND run_at = ?",
                    params, COUNT_OF(params), db_take_int, landed);
}

static enum db_status cursor_read(struct db *db, struct feed *feed)
{
    const struct db_param params[] = {DB_INT(feed->lease_ms * 1000),
                                      DB_BYTES(feed->job_id, STORE_ID_LEN)};
    return db_query(db,
                    "SELECT feed_turn, feed_n, CAST(UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND"
                    " AS CHAR) FROM job WHERE id = ?",
                    params, COUNT_OF(params), cursor_found, feed);
}

static enum db_status feed_run(struct db *db, void *arg)
{
    struct feed *feed = arg;
    bool found = false;
    int64_t landed = 0;
    enum db_status status = job_lock(db, 0, feed->job_id, &feed->job, &found);
    if (status == DB_OK)
        status = landed_before(db, feed, &landed);
    if (status != DB_OK || landed > 0)
        return status;
    taken_clear(&feed->taken);
    if (!found || feed->job.state != JOB_RUNNING || feed->job.fed == feed->job.total)
        return DB_OK;
    status = cursor_read(db, feed);
    return status == DB_OK ? feed_rows(db, feed) : status;
}

enum db_status store_work_feed(struct db *db, const uint8_t job_id[STORE_ID_LEN],
                               const uint8_t owner[STORE_ID_LEN], int64_t lease_ms, size_t want,
                               work_item_fn *item, void *arg, size_t *given)
{
    struct feed feed = {
        .job_id = job_id, .owner = owner, .lease_ms = lease_ms, .want = (int64_t)want};
    enum db_status status = db_transaction(db, feed_run, &feed);
    taken_give(&feed.taken, status, item, arg, given);
    return status;
}

/* ---- lease ---- */

struct lease {
    const uint8_t *owner;
    int64_t lease_ms;
    size_t want;
    struct taken taken;
};

static bool row_due(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    struct lease *lease = arg;
    struct work_item item = {.n = (uint32_t)db_value_int(&values[1]),
                             .epoch = (uint32_t)db_value_int(&values[3]) + 1,
                             .tries = (int)db_value_int(&values[4]),
                             .retries = (int)db_value_int(&values[5]),
                             .address = values[2].data,
                             .address_len = values[2].len};
    db_value_bytes(&values[0], item.batch_id, STORE_ID_LEN);
    taken_add(&lease->taken, &item);
    return true;
}

/* How many of the items from `from` on are of the same batch. */
static size_t same_batch(const struct taken *taken, size_t from)
{
    size_t to = from + 1;
    while (to < taken->count &&
           memcmp(taken->items[to].batch_id, taken->items[from].batch_id, STORE_ID_LEN) == 0)
        to++;
    return to - from;
}

static enum db_status lease_write(struct db *db, const struct lease *lease, size_t from,
                                  size_t count)
{
    struct many m = {0};
    strbuf_adds(&m.sql, "UPDATE work FORCE INDEX (PRIMARY) SET owner = ?, epoch = epoch + 1,"
                        " tries = LEAST(tries, 254) + 1,"
                        " run_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND"
                        " WHERE batch_id = ? AND n IN (");
    many_add(&m, DB_BYTES(lease->owner, STORE_ID_LEN));
    many_add(&m, DB_INT(lease->lease_ms * 1000));
    many_add(&m, DB_BYTES(lease->taken.items[from].batch_id, STORE_ID_LEN));
    for (size_t i = from; i < from + count; i++) {
        many_row(&m, "?");
        many_add(&m, DB_UINT(lease->taken.items[i].n));
    }
    strbuf_adds(&m.sql, ")");
    return many_exec(db, &m);
}

static enum db_status lease_run(struct db *db, void *arg)
{
    struct lease *lease = arg;
    const struct db_param params[] = {DB_UINT(lease->want)};
    taken_clear(&lease->taken);
    enum db_status status =
        db_query(db,
                 "SELECT batch_id, n, address, epoch,"
                 " LEAST(tries, 254) + 1, retries FROM work"
                 " FORCE INDEX (work_due) WHERE run_at <= UTC_TIMESTAMP(6) ORDER BY run_at LIMIT ?"
                 " FOR UPDATE SKIP LOCKED",
                 params, COUNT_OF(params), row_due, lease);
    size_t at = 0;
    while (status == DB_OK && at < lease->taken.count) {
        size_t portion = many_portion(same_batch(&lease->taken, at));
        status = lease_write(db, lease, at, portion);
        at += portion;
    }
    return status;
}

enum db_status store_work_lease(struct db *db, const uint8_t owner[STORE_ID_LEN], int64_t lease_ms,
                                size_t want, work_item_fn *item, void *arg, size_t *given)
{
    struct lease lease = {.owner = owner, .lease_ms = lease_ms, .want = want};
    enum db_status status = db_transaction(db, lease_run, &lease);
    taken_give(&lease.taken, status, item, arg, given);
    return status;
}

/* ---- what its owner does with a lease ---- */

struct rewrite {
    const struct work_group *group;
    const char *set; /* with one mark, for a number of microseconds */
    int64_t us;
};

static enum db_status rewrite_portion(struct db *db, void *arg, size_t from, size_t count)
{
    const struct rewrite *rewrite = arg;
    const struct work_group *group = rewrite->group;
    struct many m = {0};
    uint64_t changed = 0;
    strbuf_printf(&m.sql,
                  "UPDATE work FORCE INDEX (PRIMARY) SET %s WHERE batch_id = ? AND owner = ? AND "
                  "epoch = ? AND n IN (",
                  rewrite->set);
    many_add(&m, DB_INT(rewrite->us));
    many_add(&m, DB_BYTES(group->batch_id, STORE_ID_LEN));
    many_add(&m, DB_BYTES(group->owner, STORE_ID_LEN));
    many_add(&m, DB_UINT(group->epoch));
    for (size_t i = from; i < from + count; i++) {
        many_row(&m, "?");
        many_add(&m, DB_UINT(group->n[i]));
    }
    strbuf_adds(&m.sql, ")");
    /* Those that are somebody else's by now are none of our business. */
    enum db_status status = db_exec(db, strbuf_text(&m.sql), m.params, m.count, &changed);
    many_free(&m);
    return status;
}

static enum db_status rewrite_run(struct db *db, void *arg)
{
    const struct rewrite *rewrite = arg;
    return many_in_portions(db, rewrite->group->count, rewrite_portion, arg);
}

enum db_status store_work_keep(struct db *db, const struct work_group *group, int64_t lease_ms)
{
    struct rewrite rewrite = {group, "run_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND",
                              lease_ms * 1000};
    return db_transaction(db, rewrite_run, &rewrite);
}

enum db_status store_work_return(struct db *db, const struct work_group *group, int64_t delay_ms,
                                 bool counts)
{
    struct rewrite rewrite = {
        group,
        counts ? "owner = NULL, run_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND, tries = 0,"
                 " retries = LEAST(retries, 254) + 1"
               : "owner = NULL, run_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND,"
                 " tries = GREATEST(tries, 1) - 1",
        delay_ms * 1000};
    return db_transaction(db, rewrite_run, &rewrite);
}
