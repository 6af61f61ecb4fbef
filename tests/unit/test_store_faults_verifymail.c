/* test_store_faults_verifymail.c - what verifymail keeps, under misfortune: every error at every
 * statement, and answers to COMMIT that are lost.  No credit moves. */
#include "fault_stage.h"

#include "store/store_async.h"
#include "store/store_idem.h"
#include "store/store_risk.h"

static const uint8_t request[IDEM_HASH_LEN] = "request", owner[16] = "owner", other[16] = "other",
                     witness[16] = "witness";
static struct async_lease held;

static void cleared(struct db *db)
{
    static const char *const tables[] = {
        "DELETE FROM risk_purse",  "DELETE FROM risk_list",  "DELETE FROM risk_report",
        "DELETE FROM risk_check",  "DELETE FROM risk_usage", "DELETE FROM risk_trouble",
        "DELETE FROM async_check", "DELETE FROM idem",       "DELETE FROM risk_kept"};
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        sql_run(db, tables[i]);
}

/* ---- lists and reports ---- */

static void list_add(struct db *db)
{
    bool added = false;
    said(db, store_risk_list_add(db, stage.purse, RISK_LIST_BLOCK, "a.com", 1, &added), "add");
    cr_assert(added, "also when the first answer was lost");
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM risk_list"), 1);
}

static void listed(struct db *db)
{
    cleared(db);
    list_add(db);
}

static void list_remove(struct db *db)
{
    bool found = false;
    said(db, store_risk_list_remove(db, stage.purse, RISK_LIST_BLOCK, "a.com", &found), "remove");
    cr_assert(found);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM risk_list"), 0);
}

static void report_as(struct db *db, enum risk_outcome outcome, int64_t throwaway,
                      int64_t legitimate)
{
    struct risk_account account;
    said(db, store_risk_report(db, stage.purse, "a.com", outcome, "why"), "report");
    cr_assert_eq(store_risk_account(db, stage.purse, &account), DB_OK);
    cr_assert(account.throwaway == throwaway && account.legitimate == legitimate, "%d %d",
              (int)account.throwaway, (int)account.legitimate);
}

static void report(struct db *db)
{
    report_as(db, RISK_CONFIRMED_THROWAWAY, 1, 0);
}

static void reported(struct db *db)
{
    cleared(db);
    report(db);
}

static void report_otherwise(struct db *db)
{
    report_as(db, RISK_CONFIRMED_LEGITIMATE, 0, 1);
}

/* ---- checks ---- */

static void add_checks(struct db *db)
{
    struct risk_check checks[3];
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        checks[i] = (struct risk_check){.purse_id = stage.purse,
                                        .domain = "a.com",
                                        .recommendation = RISK_BLOCKED,
                                        .signals = "",
                                        .latency_ms = 10,
                                        .single = true,
                                        .trouble = true};
    said(db, store_risk_checks_add(db, checks, COUNT_OF(checks)), "add checks");
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM risk_check"), 3);
    cr_assert_eq(number_of(db, "SELECT checks FROM risk_usage"), 3, "counted once");
    cr_assert_eq(number_of(db, "SELECT blocks FROM risk_usage"), 3);
    cr_assert_eq(number_of(db, "SELECT latency_ms FROM risk_usage"), 30);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM risk_trouble"), 1);
}

static void keep(struct db *db)
{
    said(db, store_risk_kept_put(db, "a.com", "body", 4, 60), "keep");
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM risk_kept WHERE body = 'body'"), 1);
}

static void full(struct db *db)
{
    cleared(db);
    list_add(db);
    report(db);
    add_checks(db);
}

static void erase(struct db *db)
{
    uint64_t erased = 0;
    said(db, store_risk_erase(db, stage.purse, &erased), "erase");
    cr_assert_geq(erased, 8, "%d", (int)erased);
    cr_assert_eq(number_of(db, "SELECT (SELECT COUNT(*) FROM risk_purse) + (SELECT COUNT(*) FROM"
                               " risk_check) + (SELECT COUNT(*) FROM risk_list) + (SELECT COUNT(*)"
                               " FROM risk_report) + (SELECT COUNT(*) FROM risk_usage) +"
                               " (SELECT COUNT(*) FROM risk_trouble)"),
                 0);
}

/* ---- stored answers ---- */

static void claim_by(struct db *db, const uint8_t *who, enum idem_claim want)
{
    enum idem_claim claim = IDEM_OTHER;
    int http = 0;
    struct strbuf out = {0};
    said(db,
         store_idem_claim(db, stage.purse, "key", request, who, 3600000, 60, &claim, &http, &out),
         "claim");
    cr_assert_eq(claim, want, "%d", (int)claim);
    cr_assert_str_eq(strbuf_text(&out), want == IDEM_ANSWERED ? "{}" : "", "once");
    strbuf_free(&out);
}

static void claim(struct db *db)
{
    claim_by(db, owner, IDEM_MINE);
}

static void claimed(struct db *db)
{
    cleared(db);
    claim(db);
}

static void claim_dead(struct db *db)
{
    claim_by(db, other, IDEM_MINE);
}

static void claimed_and_dead(struct db *db)
{
    claimed(db);
    sql_run(db, "UPDATE idem SET ends = UTC_TIMESTAMP(6)");
}

static void answer(struct db *db)
{
    bool mine = false;
    said(db, store_idem_answer(db, stage.purse, "key", owner, 200, "{}", 2, 60, &mine), "answer");
    cr_assert(mine, "also when the first answer was lost");
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM idem WHERE body = '{}' AND state = 1"), 1);
}

static void answered(struct db *db)
{
    claimed(db);
    answer(db);
}

static void claim_answered(struct db *db)
{
    claim_by(db, other, IDEM_ANSWERED);
}

/* An asynchronous check is its witness. */
static void lay(struct db *db)
{
    bool mine = false;
    said(db, store_idem_lay(db, stage.purse, "key", owner, 200, "{}", 2, witness, &mine), "lay");
    cr_assert(mine, "also when the first answer was lost");
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM idem WHERE body = '{}' AND state = 0"), 1);
}

static void laid(struct db *db)
{
    struct async_check check = {.purse_id = stage.purse, .sealed = "x", .sealed_len = 1};
    claimed(db);
    lay(db);
    memcpy(check.id, witness, STORE_ID_LEN);
    memcpy(check.batch_id, witness, STORE_ID_LEN);
    cr_assert_eq(store_async_add(db, &check, NULL), DB_OK);
}

static void claim_laid(struct db *db)
{
    claim_by(db, other, IDEM_ANSWERED);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM idem WHERE body = '{}' AND state = 1"), 1);
}

static void forget(struct db *db)
{
    said(db, store_idem_forget(db, stage.purse, "key", owner), "forget");
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM idem"), 0);
}

/* ---- checks that are answered later ---- */

static void later_add(struct db *db)
{
    struct async_check check = {.purse_id = stage.purse, .sealed = "x", .sealed_len = 1};
    store_id_new_uuid(check.id);
    store_id_new(check.batch_id);
    said(db, store_async_add(db, &check, NULL), "add");
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE sealed = 'x'"), 1);
}

static void later_added(struct db *db)
{
    cleared(db);
    later_add(db);
}

static void on_lease(const struct async_check *check, void *arg)
{
    struct async_lease *lease = arg;
    memcpy(lease->id, check->id, STORE_ID_LEN);
    memcpy(lease->owner, worker_a, STORE_ID_LEN);
    lease->epoch = check->epoch;
}

static void later_lease(struct db *db)
{
    bool found = false;
    said(db, store_async_lease(db, ASYNC_PENDING, worker_a, 60000, on_lease, &held, &found),
         "lease");
    cr_assert(found || stage.lost_commit);
    cr_assert_eq(number_of(db, "SELECT epoch FROM async_check"), 1);
    cr_assert_eq(number_of(db, "SELECT tries FROM async_check"), 1);
}

static void later_leased(struct db *db)
{
    later_added(db);
    later_lease(db);
}

static void later_probed(struct db *db)
{
    bool mine = false;
    said(db, store_async_probed(db, &held, "y", 1, &mine), "probed");
    cr_assert(mine, "also when the first answer was lost");
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE state = 1 AND sealed = 'y'"),
                 1);
}

static void later_later(struct db *db)
{
    bool mine = false;
    said(db, store_async_later(db, &held, 60000, false, 500, &mine), "later");
    cr_assert(mine);
    cr_assert_eq(number_of(db, "SELECT tries FROM async_check"), 0, "taken back once");
}

static void later_end(struct db *db)
{
    bool mine = false;
    said(db, store_async_end(db, &held, ASYNC_GIVEN_UP, 500, &mine), "end");
    cr_assert(mine);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE state = 3"), 1);
}

static void later_sweep(struct db *db)
{
    uint64_t did = 0;
    said(db, store_async_sweep(db, -60, 3600, &did), "sweep");
    cr_assert_geq(did, 1, "none is hidden; what was undone and done again may count twice");
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM async_check WHERE state = 4"), 1);
}

static const struct story stories[] = {
    {"add to a list", cleared, list_add, 0, 0, 0, 0, false},
    {"take from a list", listed, list_remove, 0, 0, 0, 0, false},
    {"report", cleared, report, 0, 0, 0, 0, false},
    {"report otherwise", reported, report_otherwise, 0, 0, 0, 0, false},
    {"checks", cleared, add_checks, 0, 0, 0, 0, false},
    {"keep", cleared, keep, 0, 0, 0, 0, false},
    {"erase", full, erase, 0, 0, 0, 0, false},
    {"claim", cleared, claim, 0, 0, 0, 1, false},
    {"claim after a dead one", claimed_and_dead, claim_dead, 0, 0, 0, 1, false},
    {"claim what is answered", answered, claim_answered, 0, 0, 0, 1, false},
    {"answer", claimed, answer, 0, 0, 0, 1, false},
    {"lay down", claimed, lay, 0, 0, 0, 1, false},
    {"claim what is laid down", laid, claim_laid, 0, 0, 0, 1, false},
    {"forget", claimed, forget, 0, 0, 0, 1, false},
    {"add for later", cleared, later_add, 0, 0, 0, 2, false},
    {"lease", later_added, later_lease, 0, 0, 0, 2, false},
    {"probed", later_leased, later_probed, 0, 0, 0, 2, false},
    {"put off", later_leased, later_later, 0, 0, 0, 2, false},
    {"end", later_leased, later_end, 0, 0, 0, 2, false},
    {"sweep", later_leased, later_sweep, 0, 0, 0, 2, false},
};

PART(store_faults_verifymail, domains, 0, 1)
PART(store_faults_verifymail, answers, 1, 1)
PART(store_faults_verifymail, later, 2, 1)

Test(store_faults_verifymail, commit_lost)
{
    lost_commits(stories, COUNT_OF(stories));
}
