/* test_store_books.c - negative control of what the books say about lists: damages made by hand,
 * one at a time, each in a transaction that is rolled back; the check must name every one. */
#include "month_fixture.h"

/* By their files' names: "run" is running, its first run; "again" runs for the second time;
 * "done" is completed, "gone" cancelled and swept, "new" ready.  One purse has months: one closed,
 * in which a charge was refunded, and one open, in which there is overage. */
static const struct damage {
    const char *label, *sql, *invariant;
} damages[] = {
    {"batch of a running list closed",
     "UPDATE batch SET state = 3 WHERE id = (SELECT batch_id FROM job WHERE filename = 'run')",
     "I14"},
    {"batch of a completed list open",
     "UPDATE batch SET state = 1 WHERE id = (SELECT batch_id FROM job WHERE filename = 'done')",
     "I14"},
    {"batch gone",
     "DELETE FROM batch WHERE id = (SELECT batch_id FROM job WHERE filename = 'done')", "I14"},
    {"batch of another purse",
     "UPDATE batch SET purse_id = purse_id + 1 WHERE id = (SELECT batch_id FROM job WHERE"
     " filename = 'run')",
     "I14"},
    {"list of another purse", "UPDATE job SET purse_id = purse_id + 1 WHERE filename = 'gone'",
     "I14"},
    {"list names no batch", "UPDATE job SET batch_id = NULL WHERE filename = 'run'", "I14"},
    {"list dearer than its batch", "UPDATE job SET price = 2 WHERE filename = 'done'", "I14"},
    {"list larger than its batch", "UPDATE job SET total = total + 1 WHERE filename = 'run'",
     "I14"},
    {"list closed, batch open", "UPDATE job SET state = 4 WHERE filename = 'run'", "I14"},
    {"newest run forgotten",
     "DELETE FROM job_run WHERE batch_id = (SELECT batch_id FROM job WHERE filename = 'done')",
     "I14"},
    {"older run forgotten",
     "DELETE FROM job_run WHERE run = 1 AND job_id = (SELECT id FROM job WHERE filename = 'again')",
     "I14"},
    {"runs misnumbered", "UPDATE job_run SET run = run + 1 ORDER BY run DESC", "I14"},
    {"a run of no list", "INSERT INTO job_run VALUES (0x11, 1, 0x12)", "I14"},
    {"never processed, and yet", "UPDATE job SET run = 0 WHERE filename = 'done'", "I14"},

    {"a result gone",
     "DELETE FROM job_item WHERE batch_id = (SELECT batch_id FROM job WHERE filename = 'done')"
     " LIMIT 1",
     "I15"},
    {"an older result gone",
     "DELETE FROM job_item WHERE batch_id = (SELECT r.batch_id FROM job_run r JOIN job j ON"
     " j.id = r.job_id WHERE r.run = 1 AND filename = 'again') LIMIT 1",
     "I15"},
    {"done miscounted", "UPDATE job SET done = done - 1 WHERE filename = 'run'", "I15"},
    {"completed too early", "UPDATE job SET state = 3 WHERE filename = 'run'", "I15"},
    {"one status for another",
     "UPDATE job SET count_0 = count_0 - 1, count_1 = count_1 + 1 WHERE filename = 'done'", "I15"},
    {"the same, of two runs",
     "UPDATE job SET count_0 = count_0 - 1, count_7 = count_7 + 1 WHERE filename = 'again'", "I15"},
    {"unknown counted while it is asked again",
     "UPDATE job SET count_4 = count_4 + 1 WHERE filename = 'again'", "I15"},
    {"results of another status",
     "UPDATE job_item SET status = 2 WHERE batch_id = (SELECT batch_id FROM job WHERE"
     " filename = 'gone') LIMIT 1",
     "I15"},

    {"queue lost a row", "DELETE FROM work LIMIT 1", "I16"},
    {"fed miscounted", "UPDATE job SET fed = fed - 1 WHERE filename = 'run'", "I16"},
    {"a completed list queued",
     "INSERT INTO work SELECT batch_id, 900, 'a', created, NULL, 1, 1, 0 FROM job WHERE"
     " filename = 'done'",
     "I16"},
    {"a cancelled list queued, nobody sweeps it",
     "INSERT INTO work SELECT batch_id, 900, 'a', created, NULL, 1, 1, 0 FROM job WHERE"
     " filename = 'gone'",
     "I16"},

    {"a result queued",
     "INSERT INTO work SELECT batch_id, n, 'a', settled, NULL, 1, 1, 0 FROM job_item LIMIT 1",
     "I17"},
    {"queued for no list", "INSERT INTO work VALUES (0x13, 1, 'a', NOW(6), NULL, 1, 1, 0)", "I17"},

    {"a row gone",
     "DELETE FROM job_row WHERE n = 2 AND job_id = (SELECT id FROM job WHERE filename = 'new')",
     "I18"},
    {"a row too many",
     "INSERT INTO job_row SELECT id, 900, NULL, NULL, NULL, NULL FROM job WHERE filename = 'run'",
     "I18"},
    {"a row without its address",
     "UPDATE job_row SET first = NULL WHERE n = 5 AND job_id = (SELECT id FROM job WHERE"
     " filename = 'new')",
     "I18"},
    {"a row asked about twice",
     "UPDATE job_row SET turn = 1 WHERE n = 5 AND job_id = (SELECT id FROM job WHERE"
     " filename = 'new')",
     "I18"},
    {"rows miscounted while loading",
     "UPDATE job SET row_count = row_count + 1 WHERE filename = 'loading'", "I18"},
    {"a list gone, its rows left", "DELETE FROM job WHERE filename = 'new'", "I18"},

    {"event gone",
     "DELETE FROM webhook_event WHERE ref = (SELECT batch_id FROM job WHERE filename = 'done')",
     "I19"},
    {"older event gone",
     "DELETE FROM webhook_event WHERE ref = (SELECT r.batch_id FROM job_run r JOIN job j ON"
     " j.id = r.job_id WHERE r.run = 1 AND filename = 'again')",
     "I19"},
    {"told too early",
     "UPDATE webhook_event SET ref = (SELECT batch_id FROM job WHERE filename = 'run') WHERE"
     " ref = (SELECT batch_id FROM job WHERE filename = 'done')",
     "I19"},

    {"a list's post line altered",
     "UPDATE batch SET posted = posted - 1 WHERE id = (SELECT batch_id FROM job WHERE"
     " filename = 'run')",
     "I8"},
    {"a list's release line of another list",
     "UPDATE ledger SET batch_id = (SELECT batch_id FROM job WHERE filename = 'run') WHERE"
     " kind = 5 AND batch_id IS NOT NULL",
     "I8"},
    {"a list's result made dearer", "UPDATE job_item SET charged = 2 WHERE charged = 1 LIMIT 1",
     "I7"},
    {"a list's result that nobody paid", "UPDATE job_item SET settle_ref = NULL LIMIT 1", "I7"},
    {"a free result that costs", "UPDATE job_item SET charged = 1 WHERE charged = 0", "I10"},
    {"a closed month used more", "UPDATE purse_month SET used = used + 1", "I20"},
    {"a closed month forgotten", "DELETE FROM purse_month", "I20"},
    {"a closed month of nobody", "UPDATE purse_month SET purse_id = 777", "I20"},
    {"the open month closed",
     "INSERT INTO purse_month SELECT id, period, plan, 0, 0, 0, 0, 0 FROM purse WHERE period > 0",
     "I20"},
    {"the open month is another", "UPDATE purse SET period = period + 100 WHERE period > 0", "I20"},
    {"included out of thin air", "UPDATE purse SET included = included + 1 WHERE period > 0",
     "I20"},
    {"less given than available",
     "UPDATE purse SET included = 0, carried = 0, lasting = 0, overage = 0 WHERE period > 0",
     "I20"},
    {"months of a purse without", "UPDATE purse SET lasting = 1 WHERE period = 0", "I20"},
    {"overage made a gift",
     "UPDATE purse SET overage = overage - 1, lasting = lasting + 1 WHERE period > 0", "I20"},
    {"overage without a price", "UPDATE purse SET overage_micros = 0", "I20"},
    {"an overage line of another month", "UPDATE ledger SET note = '202001' WHERE kind = 8", "I20"},
    {"a batch of another month", "UPDATE batch SET period = period + 1 WHERE period > 0", "I20"},
    {"a batch of no month", "UPDATE batch SET period = 0 WHERE period > 0", "I20"},
    {"a batch given back unseen", "UPDATE batch SET released = total, posted = 0 WHERE period > 0",
     "I20"},
    {"a refund forgotten", "DELETE FROM ledger WHERE kind = 6", "I20"},

    {"a list's hold", "UPDATE purse SET held = held + 1, granted = granted + 1 WHERE id = 1", "I5"},
};

struct damaged {
    const struct damage *damage;
    int named, all;
    uint64_t changed;
};

static bool damage_named(const char *invariant, const char *where, void *arg)
{
    struct damaged *damaged = arg;
    size_t len = strlen(damaged->damage->invariant);
    (void)where;
    damaged->all++;
    damaged->named +=
        strncmp(invariant, damaged->damage->invariant, len) == 0 && invariant[len] == ' ';
    return true;
}

static enum db_status damage_and_check(struct db *db, void *arg)
{
    struct damaged *damaged = arg;
    enum db_status status = db_exec(db, damaged->damage->sql, NULL, 0, &damaged->changed);
    if (status == DB_OK)
        status = books_check(db, damage_named, damaged);
    return status == DB_OK ? DB_REFUSED : status;
}

static void name(struct db *db, const struct job *job, const char *filename)
{
    const struct db_param params[] = {DB_TEXT(filename), DB_BYTES(job->id, STORE_ID_LEN)};
    cr_assert_eq(db_exec(db, "UPDATE job SET filename = ? WHERE id = ?", params, 2, NULL), DB_OK);
}

static void months_make(struct db *db)
{
    struct ledger_refund refund;
    struct ledger_op charge = month_op(LEDGER_OP_CHARGE, 2), other = month_op(LEDGER_OP_CHARGE, 1),
                     beyond = month_op(LEDGER_OP_CHARGE, 6);
    month_plans(db);
    uint64_t purse = month_purse(db, "m", "small");
    cr_assert_eq(month_move(db, purse, &charge, &refund), LEDGER_DONE);
    cr_assert_eq(month_move(db, purse, &other, NULL), LEDGER_DONE);
    month_pass(db, purse);
    cr_assert_eq(month_move(db, purse, &beyond, NULL), LEDGER_DONE);
    cr_assert_eq(ledger_refund_all(db, &refund), DB_OK);
    cr_assert_eq(refund.amount, 2);
}

Test(store_books, every_damage_is_named)
{
    static struct bag bag;
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 1000);
    cr_assert_eq(purse, 1);
    fixture_purse(db, "b", 1000);
    months_make(db);
    struct job run = list_load(db, purse, 10, false), gone = list_load(db, purse, 10, false),
               again = list_completed(db, purse, 10, 6), done = list_completed(db, purse, 10, 2),
               ready = list_load(db, purse, 10, true), loading = list_begin(db, purse);
    name(db, &run, "run");
    name(db, &gone, "gone");
    name(db, &again, "again");
    name(db, &done, "done");
    name(db, &ready, "new");
    name(db, &loading, "loading");
    cr_assert_eq(list_start(db, &run, -1), JOB_DONE);
    list_settle(db, &run, 3, STATUS_GOOD);
    list_settle(db, &run, 1, STATUS_FREE);
    list_feed(db, &run, worker_a, 60000, 3, &bag);
    cr_assert_eq(list_start(db, &gone, -1), JOB_DONE);
    list_settle(db, &gone, 3, STATUS_GOOD);
    cr_assert_eq(list_cancel(db, &gone), JOB_DONE);
    cr_assert_eq(list_start(db, &again, STATUS_UNKNOWN), JOB_DONE);
    list_settle(db, &again, 2, STATUS_BAD);
    list_settle(db, &again, 1, STATUS_UNKNOWN);
    sweep_all(db, &janitor_patient);
    fixture_books_clean(db, "before any damage");
    for (size_t i = 0; i < COUNT_OF(damages); i++) {
        struct damaged damaged = {.damage = &damages[i]};
        cr_expect_eq(db_transaction(db, damage_and_check, &damaged), DB_REFUSED, "%s: %s",
                     damages[i].label, db_why(db));
        cr_expect_gt(damaged.changed, 0, "%s: changed nothing", damages[i].label);
        cr_expect_gt(damaged.named, 0, "%s: not named %s (%d others)", damages[i].label,
                     damages[i].invariant, damaged.all);
    }
    fixture_books_clean(db, "after all damages were rolled back");
    db_free(&db);
}
