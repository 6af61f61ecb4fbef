/* books.c - the query that proves the books.  Zero rows = healthy.
 *
 * A single statement reads one consistent view, so it may run beside any traffic.  It trusts
 * nothing that programs do: lines must follow from each other, balances from lines, and every
 * moved credit must be explained by batches and results that name the line, in both directions.
 * Each part is one invariant of schema/README.md, under the same number. */
#include "base/xalloc.h"
#include "store/books.h"

/* Lines with the balances before them. */
#define WITH                                                                                    \
    "WITH l AS (SELECT g.*,"                                                                    \
    " COALESCE(LAG(avail_after) OVER w, 0) pa, COALESCE(LAG(held_after) OVER w, 0) ph,"         \
    " COALESCE(LAG(spent_after) OVER w, 0) ps FROM ledger g"                                    \
    " WINDOW w AS (PARTITION BY purse_id ORDER BY seq)),"                                       \
    " t AS (SELECT purse_id, COUNT(*) c, MAX(seq) m FROM ledger GROUP BY purse_id),"            \
    " h AS (SELECT hold_ref, purse_id, SUM(total) s FROM batch WHERE hold_ref IS NOT NULL"      \
    "   GROUP BY hold_ref, purse_id),"                                                          \
    " r AS (SELECT release_ref, purse_id, SUM(released) s FROM batch"                           \
    "   WHERE release_ref IS NOT NULL GROUP BY release_ref, purse_id),"                         \
    " p AS (SELECT i.settle_ref, b.purse_id, SUM(i.charged) s FROM item i"                      \
    "   JOIN batch b ON b.id = i.batch_id WHERE i.settle_ref IS NOT NULL"                       \
    "   GROUP BY i.settle_ref, b.purse_id),"                                                    \
    " c AS (SELECT batch_id, SUM(charged) s FROM item WHERE settle_ref IS NOT NULL"             \
    "   GROUP BY batch_id),"                                                                    \
    " o AS (SELECT purse_id, SUM(total - posted - released) s FROM batch WHERE state > 0"       \
    "   GROUP BY purse_id),"                                                                    \
    " k AS (SELECT purse_id, COUNT(*) n FROM api_key WHERE revoked IS NULL GROUP BY purse_id)," \
    " x AS (SELECT ref, purse_id, SUM(amount) s FROM ledger WHERE kind IN (3, 4)"               \
    "   GROUP BY ref, purse_id) "

static const char query[] = WITH
    "SELECT 'I1 last line <> balance' inv, CAST(u.id AS CHAR) k FROM purse u"
    " LEFT JOIN ledger g ON g.purse_id = u.id AND g.seq = u.seq"
    " WHERE u.seq > 0 AND (g.seq IS NULL OR g.avail_after <> u.avail OR g.held_after <> u.held"
    "   OR g.spent_after <> u.spent)"
    " UNION ALL SELECT 'I2 line missing or too many', CAST(u.id AS CHAR) FROM purse u"
    " LEFT JOIN t ON t.purse_id = u.id"
    " WHERE COALESCE(t.c, 0) <> u.seq OR COALESCE(t.m, 0) <> u.seq"
    " UNION ALL SELECT 'I3 line does not do what its kind says', CONCAT(purse_id, ':', seq) FROM l"
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
    "   OR (kind = 7 AND avail_after = pa - amount AND held_after = ph AND spent_after = ps))"
    " UNION ALL SELECT 'I4 negative, or granted <> sum', CAST(id AS CHAR) FROM purse"
    " WHERE avail < 0 OR held < 0 OR spent < 0 OR granted <> avail + held + spent"
    " UNION ALL SELECT 'I5 held <> open batches', CAST(u.id AS CHAR) FROM purse u"
    " LEFT JOIN o ON o.purse_id = u.id WHERE u.held <> COALESCE(o.s, 0)"
    " UNION ALL SELECT 'I6 hold line <> its batches', HEX(g.ref) FROM ledger g"
    " LEFT JOIN h ON h.hold_ref = g.ref AND h.purse_id = g.purse_id"
    " WHERE g.kind = 2 AND COALESCE(h.s, 0) <> g.amount"
    " UNION ALL SELECT 'I6 held batch without line', HEX(h.hold_ref) FROM h"
    " LEFT JOIN ledger g ON g.kind = 2 AND g.ref = h.hold_ref AND g.purse_id = h.purse_id"
    " WHERE g.ref IS NULL"
    " UNION ALL SELECT 'I7 post or charge <> its results', HEX(x.ref) FROM x"
    " LEFT JOIN p ON p.settle_ref = x.ref AND p.purse_id = x.purse_id"
    " WHERE COALESCE(p.s, 0) <> x.s"
    " UNION ALL SELECT 'I7 billed result without line', HEX(p.settle_ref) FROM p"
    " LEFT JOIN x ON x.ref = p.settle_ref AND x.purse_id = p.purse_id"
    " WHERE p.s > 0 AND x.ref IS NULL"
    " UNION ALL SELECT 'I8 release line <> its batches', HEX(g.ref) FROM ledger g"
    " LEFT JOIN r ON r.release_ref = g.ref AND r.purse_id = g.purse_id"
    " WHERE g.kind = 5 AND g.batch_id IS NULL AND COALESCE(r.s, 0) <> g.amount"
    " UNION ALL SELECT 'I8 released batch without line', HEX(r.release_ref) FROM r"
    " LEFT JOIN ledger g ON g.kind = 5 AND g.ref = r.release_ref AND g.purse_id = r.purse_id"
    " WHERE g.ref IS NULL"
    " UNION ALL SELECT 'I9 closed batch owes', HEX(id) FROM batch"
    " WHERE state = 3 AND posted + released <> total"
    " UNION ALL SELECT 'I10 batch <> its results', HEX(b.id) FROM batch b"
    " LEFT JOIN c ON c.batch_id = b.id WHERE b.posted <> COALESCE(c.s, 0)"
    " UNION ALL SELECT 'I10 result without batch', HEX(i.batch_id) FROM item i"
    " LEFT JOIN batch b ON b.id = i.batch_id WHERE b.id IS NULL"
    " UNION ALL SELECT 'I11 refund exceeds what was paid', HEX(g.ref) FROM ledger g"
    " LEFT JOIN x ON x.ref = g.ref AND x.purse_id = g.purse_id"
    " WHERE g.kind = 6 AND COALESCE(x.s, 0) < g.amount"
    " UNION ALL SELECT 'I12 live keys <> keys', CAST(u.id AS CHAR) FROM purse u"
    " LEFT JOIN k ON k.purse_id = u.id WHERE u.live_keys <> COALESCE(k.n, 0)"
    " UNION ALL SELECT 'I13 purse without account or plan', CAST(u.id AS CHAR) FROM purse u"
    " LEFT JOIN account a ON a.id = u.account_id"
    " LEFT JOIN plan n ON n.dialect = u.dialect AND n.id = u.plan"
    " WHERE a.id IS NULL OR n.id IS NULL"
    " UNION ALL SELECT 'I13 line without purse', CAST(t.purse_id AS CHAR) FROM t"
    " LEFT JOIN purse u ON u.id = t.purse_id WHERE u.id IS NULL";

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
    return db_query(db, query, NULL, 0, fault_found, &report);
}
