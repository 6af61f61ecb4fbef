/* books.c - the query that proves the books.  Zero rows = healthy.
 *
 * A single statement reads one consistent view, so it may run beside any traffic.  It trusts
 * nothing that programs do: lines must follow from each other, balances from lines, and every
 * moved credit must be explained by batches and results that name the line, in both directions.
 * Each part is one invariant of schema/README.md, under the same number. */
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/books.h"

/* The two sides of one account book as (ref, purse_id, amount): lines count up, what they are about
 * counts down, and a sum that is not 0 is a fault of one side or the other.  SQL_BIG_RESULT makes
 * the server sort instead of filling a table by random keys: seconds instead of minutes. */
#define BALANCED(name, lines, things)                                               \
    "(SELECT SQL_BIG_RESULT '" name "', HEX(ref) FROM (" lines " UNION ALL " things \
    ") d GROUP BY ref, purse_id HAVING SUM(amount) <> 0)"

/* Of single checks and of lists. */
#define RESULTS                                                    \
    "(SELECT batch_id, n, charged, settle_ref FROM item UNION ALL" \
    " SELECT batch_id, n, charged, settle_ref FROM job_item) i"

/* Lists that have been processed and are still there. */
#define PROCESSED " j.run > 0 AND j.state <> 6 "

/* A list counts the results of all its runs, less those that were asked again: each result of a
 * later run stands for an older one, and those that wait for theirs count no more. */
#define RESULTS_OF(k) ", SUM(i.status = " #k ") s" #k
#define MISCOUNTED(k)                                                                      \
    " OR j.count_" #k " <> COALESCE(i.s" #k ", 0) - IF(j.run > 1 AND j.again_status = " #k \
    ", COALESCE(i.later, 0) + IF(j.state = 2, j.total - j.done, 0), 0)"
#define EACH_STATUS(what) what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7)

/* Each selects (invariant, where). */
static const char *const parts[] = {
    "SELECT 'I1 last line <> balance' inv, CAST(u.id AS CHAR) k FROM purse u"
    " LEFT JOIN ledger g ON g.purse_id = u.id AND g.seq = u.seq"
    " WHERE u.avail <> COALESCE(g.avail_after, 0) OR u.held <> COALESCE(g.held_after, 0)"
    "   OR u.spent <> COALESCE(g.spent_after, 0)",

    "SELECT 'I2 line missing or too many', CAST(u.id AS CHAR) FROM purse u"
    " LEFT JOIN (SELECT purse_id, COUNT(*) c, MAX(seq) m FROM ledger GROUP BY purse_id) t"
    "   ON t.purse_id = u.id"
    " WHERE COALESCE(t.c, 0) <> u.seq OR COALESCE(t.m, 0) <> u.seq",

    "SELECT 'I3 line does not do what its kind says', CONCAT(purse_id, ':', seq) FROM"
    " (SELECT g.*, COALESCE(p.avail_after, 0) pa, COALESCE(p.held_after, 0) ph,"
    "   COALESCE(p.spent_after, 0) ps FROM ledger g"
    "   LEFT JOIN ledger p ON p.purse_id = g.purse_id AND p.seq = g.seq - 1) l"
    " WHERE NOT ("
    "   (kind IN (1, 8) AND avail_after = pa + amount AND held_after = ph AND spent_after = ps)"
    "   OR (kind = 2 AND avail_after = pa - amount AND held_after = ph + amount"
    "       AND spent_after = ps)"
    "   OR (kind = 3 AND avail_after = pa AND held_after = ph - amount"
    "       AND spent_after = ps + amount)"
    "   OR (kind = 4 AND avail_after = pa - amount AND held_after = ph"
    "       AND spent_after = ps + amount)"
    "   OR (kind = 5 AND avail_after = pa + amount AND held_after = ph - amount"
    "       AND spent_after = ps)"
    "   OR (kind = 6 AND avail_after = pa + amount AND held_after = ph"
    "       AND spent_after = ps - amount)"
    "   OR (kind = 7 AND avail_after = pa - amount AND held_after = ph AND spent_after = ps))",

    "SELECT 'I4 negative, or granted <> sum', CAST(id AS CHAR) FROM purse"
    " WHERE avail < 0 OR held < 0 OR spent < 0 OR granted <> avail + held + spent",

    "SELECT 'I5 held <> open batches', CAST(u.id AS CHAR) FROM purse u"
    " LEFT JOIN (SELECT purse_id, SUM(total - posted - released) s FROM batch WHERE state > 0"
    "   GROUP BY purse_id) o ON o.purse_id = u.id"
    " WHERE u.held <> COALESCE(o.s, 0)",

    BALANCED("I6 hold line <> its batches",
             "SELECT ref, purse_id, amount FROM ledger WHERE kind = 2",
             "SELECT hold_ref, purse_id, -total FROM batch WHERE hold_ref IS NOT NULL"),

    BALANCED("I7 post or charge <> its results",
             "SELECT ref, purse_id, amount FROM ledger WHERE kind IN (3, 4)",
             "SELECT i.settle_ref, b.purse_id, -i.charged FROM " RESULTS
             " JOIN batch b ON b.id = i.batch_id WHERE i.settle_ref IS NOT NULL"),

    "SELECT 'I7 billed result names no line', CONCAT(HEX(batch_id), ':', n) FROM " RESULTS
    " WHERE charged <> 0 AND settle_ref IS NULL",

    BALANCED("I8 release line <> its batches",
             "SELECT ref, purse_id, amount FROM ledger WHERE kind = 5 AND batch_id IS NULL",
             "SELECT release_ref, purse_id, -released FROM batch WHERE release_ref IS NOT NULL"),

    BALANCED("I8 release lines of a list <> its batch",
             "SELECT batch_id ref, purse_id, amount FROM ledger"
             " WHERE kind = 5 AND batch_id IS NOT NULL",
             "SELECT id, purse_id, -released FROM batch WHERE hold_ref = id"),

    BALANCED("I8 post lines of a list <> its batch",
             "SELECT batch_id ref, purse_id, amount FROM ledger"
             " WHERE kind = 3 AND batch_id IS NOT NULL",
             "SELECT id, purse_id, -posted FROM batch WHERE hold_ref = id"),

    "SELECT 'I9 closed batch owes', HEX(id) FROM batch"
    " WHERE state = 3 AND posted + released <> total",

    "(SELECT SQL_BIG_RESULT IF(MAX(known) = 0, 'I10 result without batch',"
    "   'I10 batch <> its results'), HEX(id) FROM"
    " (SELECT id, posted cost, 1 known FROM batch"
    "   UNION ALL SELECT batch_id, -COALESCE(charged, 0), 0 FROM " RESULTS ") d"
    " GROUP BY id HAVING SUM(cost) <> 0 OR MAX(known) = 0)",

    "SELECT 'I11 refund exceeds what was paid', HEX(g.ref) FROM ledger g"
    " WHERE g.kind = 6 AND g.amount > (SELECT COALESCE(SUM(x.amount), 0) FROM ledger x"
    "   FORCE INDEX (ledger_once)"
    "   WHERE x.kind IN (3, 4) AND x.ref = g.ref AND x.purse_id = g.purse_id)",

    "SELECT 'I12 live keys <> keys', CAST(u.id AS CHAR) FROM purse u"
    " LEFT JOIN (SELECT purse_id, COUNT(*) n FROM api_key WHERE revoked IS NULL"
    "   GROUP BY purse_id) k ON k.purse_id = u.id"
    " WHERE u.live_keys <> COALESCE(k.n, 0)",

    "SELECT 'I13 purse without account or plan', CAST(u.id AS CHAR) FROM purse u"
    " LEFT JOIN account a ON a.id = u.account_id"
    " LEFT JOIN plan n ON n.dialect = u.dialect AND n.id = u.plan"
    " WHERE a.id IS NULL OR n.id IS NULL",

    "SELECT CONCAT('I13 ', t.what, ' without purse'), CAST(t.purse_id AS CHAR) FROM"
    " (SELECT DISTINCT 'line' what, purse_id FROM ledger"
    "   UNION ALL SELECT DISTINCT 'batch', purse_id FROM batch"
    "   UNION ALL SELECT DISTINCT 'key', purse_id FROM api_key) t"
    " LEFT JOIN purse u ON u.id = t.purse_id WHERE u.id IS NULL",

    "SELECT 'I14 list <> its batch', HEX(j.id) FROM job j LEFT JOIN batch b ON b.id = j.batch_id"
    " WHERE" PROCESSED "AND (b.id IS NULL OR b.purse_id <> j.purse_id"
    "   OR b.total <> j.total * j.price OR b.state <> IF(j.state = 2, 1, 3))",

    "SELECT 'I14 list <> its runs', HEX(j.id) FROM job j"
    " LEFT JOIN (SELECT r.job_id, COUNT(*) c, COUNT(q.id) newest FROM job_run r"
    "   LEFT JOIN job q ON q.id = r.job_id AND q.run = r.run AND q.batch_id = r.batch_id"
    "   GROUP BY r.job_id) r ON r.job_id = j.id"
    " WHERE j.state <> 6 AND (COALESCE(r.c, 0) <> j.run"
    "   OR COALESCE(r.newest, 0) <> (j.run > 0))",

    "SELECT 'I14 run of no list', HEX(r.batch_id) FROM job_run r"
    " LEFT JOIN job j ON j.id = r.job_id WHERE j.id IS NULL",

    "SELECT 'I15 list <> its results', HEX(j.id) FROM job j"
    " LEFT JOIN (SELECT r.job_id, SUM(r.batch_id = q.batch_id) newest, SUM(r.run > 1)"
    "   later" EACH_STATUS(RESULTS_OF) " FROM job q JOIN job_run r ON r.job_id = q.id"
                                       "   JOIN job_item i ON i.batch_id = r.batch_id WHERE "
                                       "q.state <> 6 GROUP BY r.job_id) i"
                                       "   ON i.job_id = j.id"
                                       " WHERE" PROCESSED "AND (j.done <> COALESCE(i.newest, 0)"
                                       "   OR (j.state = 3 AND j.done <> j.total)" EACH_STATUS(
                                           MISCOUNTED) ")",

    "SELECT 'I16 list <> its queue', HEX(j.id) FROM job j"
    " LEFT JOIN (SELECT batch_id, COUNT(*) c FROM work GROUP BY batch_id) w"
    "   ON w.batch_id = j.batch_id"
    " WHERE j.state <> 6 AND NOT (j.state IN (4, 5) AND j.leftovers = 1)"
    "   AND COALESCE(w.c, 0) <> IF(j.state = 2, j.fed - j.done, 0)",

    "SELECT 'I17 queued row has its result', CONCAT(HEX(w.batch_id), ':', w.n) FROM work w"
    " JOIN job_item i ON i.batch_id = w.batch_id AND i.n = w.n",

    "SELECT 'I17 queued row of no list', CONCAT(HEX(w.batch_id), ':', w.n) FROM work w"
    " LEFT JOIN job_run r ON r.batch_id = w.batch_id WHERE r.job_id IS NULL",

    "SELECT 'I18 list <> its rows', HEX(j.id) FROM job j LEFT JOIN (SELECT job_id, COUNT(*) rs,"
    "   COUNT(first) fs, COUNT(turn) ts FROM job_row GROUP BY job_id) r ON r.job_id = j.id"
    " WHERE j.state <> 6 AND (j.row_count <> COALESCE(r.rs, 0) OR (j.state > 0"
    "   AND (j.address_count <> COALESCE(r.fs, 0) OR j.unique_count <> COALESCE(r.ts, 0))))",

    "SELECT 'I18 rows of no list', HEX(r.job_id) FROM (SELECT DISTINCT job_id FROM job_row) r"
    " LEFT JOIN job j ON j.id = r.job_id WHERE j.id IS NULL",

    /* Events are kept for a month. */
    "SELECT 'I19 ended run without its event', HEX(r.batch_id) FROM job_run r"
    " JOIN job j ON j.id = r.job_id JOIN batch b ON b.id = r.batch_id"
    " LEFT JOIN webhook_event e ON e.ref = r.batch_id"
    " WHERE j.state <> 6 AND b.state = 3 AND e.id IS NULL"
    "   AND b.created > UTC_TIMESTAMP(6) - INTERVAL 20 DAY",

    "SELECT 'I19 event of a run that has not ended', HEX(e.ref) FROM webhook_event e"
    " JOIN batch b ON b.id = e.ref WHERE b.state <> 3",

    /* Given, less what is available, is used; so are batches, less what they gave back. */
    "(SELECT SQL_BIG_RESULT 'I20 month <> its batches', CONCAT(purse_id, ':', period) FROM"
    " (SELECT id purse_id, period, included + carried + lasting + overage - avail used FROM purse"
    "   WHERE period > 0 UNION ALL SELECT purse_id, period, used FROM purse_month"
    "   UNION ALL SELECT purse_id, period, released - total FROM batch WHERE period > 0"
    "   UNION ALL SELECT b.purse_id, b.period, i.charged FROM ledger g"
    "   JOIN item i ON i.settle_ref = g.ref JOIN batch b ON b.id = i.batch_id"
    "   WHERE g.kind = 6 AND b.period > 0) d"
    " GROUP BY purse_id, period HAVING SUM(used) <> 0)",

    "SELECT 'I20 overage <> its lines', CONCAT(u.id, ':', u.period) FROM purse u"
    " LEFT JOIN (SELECT purse_id, CAST(note AS SIGNED) period, SUM(amount) s FROM ledger"
    "   WHERE kind = 8 GROUP BY purse_id, note) g ON g.purse_id = u.id AND g.period = u.period"
    " WHERE u.period > 0 AND (u.overage <> COALESCE(g.s, 0)"
    "   OR (u.overage > 0) <> (u.overage_micros > 0))",

    "SELECT 'I20 more available than given', CAST(id AS CHAR) FROM purse"
    " WHERE included + carried + lasting + overage < IF(period > 0, avail, 0)"
    "   OR (period = 0 AND included + carried + lasting + overage + overage_micros > 0)",

    "SELECT 'I20 month closed and open', CONCAT(m.purse_id, ':', m.period) FROM purse_month m"
    " LEFT JOIN purse u ON u.id = m.purse_id"
    " WHERE u.id IS NULL OR (u.period > 0 AND m.period >= u.period)",
};

struct report {
    books_fault_fn *fault;
    void *arg;
};

static bool fault_found(const struct db_value *values, size_t count, void *arg)
{
    (void)count;
    const struct report *report = arg;
    return report->fault(values[0].data, values[1].data, report->arg);
}

enum db_status books_check(struct db *db, books_fault_fn *fault, void *arg)
{
    struct report report = {fault, arg};
    struct strbuf query = {0};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        strbuf_adds(&query, i == 0 ? "" : " UNION ALL ");
        strbuf_adds(&query, parts[i]);
    }
    enum db_status status = db_query(db, strbuf_text(&query), NULL, 0, fault_found, &report);
    strbuf_free(&query);
    return status;
}
