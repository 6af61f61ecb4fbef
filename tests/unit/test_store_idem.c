/* test_store_idem.c - answers that are given again: claimed by one, answered once, waited for by
 * the others; a claimant that dies. */
#include "list_fixture.h"

#include "store/store_async.h"
#include "store/store_idem.h"
#include "store/store_ledger.h"

static struct shop fx;

static void open_all(void)
{
    shop_open(&fx, 1);
    fixture_key(fx.db, fx.purse);
}

static void close_all(void)
{
    shop_close(&fx);
}

TestSuite(store_idem, .init = open_all, .fini = close_all);

enum { LONG_MS = 60 * 1000, DAY_S = 86400 };

static const uint8_t req_a[IDEM_HASH_LEN] = "request a", req_b[IDEM_HASH_LEN] = "request b";
static const uint8_t one[16] = "one", two[16] = "two", three[16] = "three";

/* "-" in `text` when there is no answer. */
struct seen {
    enum idem_claim claim;
    int http;
    char text[32];
};

static struct seen claim_for(uint64_t purse, const char *key, const uint8_t *request,
                             const uint8_t *owner, int64_t ms)
{
    struct seen seen = {.http = -1};
    struct strbuf out = {0};
    strbuf_adds(&out, "before:");
    cr_assert_eq(store_idem_claim(fx.db, purse, key, request, owner, ms, DAY_S, &seen.claim,
                                  &seen.http, &out),
                 DB_OK, "%s", db_why(fx.db));
    cr_expect_eq(strncmp(strbuf_text(&out), "before:", 7), 0, "what was in it stays");
    snprintf(seen.text, sizeof(seen.text), "%s", strbuf_text(&out) + 7);
    strbuf_free(&out);
    return seen;
}

static void expect(const char *label, const uint8_t *request, const uint8_t *owner,
                   enum idem_claim claim)
{
    struct seen seen = claim_for(1, "key", request, owner, LONG_MS);
    cr_expect_eq(seen.claim, claim, "%s: %d", label, (int)seen.claim);
    cr_expect_str_eq(seen.text, claim == IDEM_ANSWERED ? "{}" : "", "%s: %s", label, seen.text);
    cr_expect_eq(seen.http, claim == IDEM_ANSWERED ? 202 : 0, "%s: %d", label, seen.http);
}

static bool answer(const uint8_t *owner, int64_t keep_s)
{
    bool mine = false;
    cr_assert_eq(store_idem_answer(fx.db, 1, "key", owner, 202, "{}", 2, keep_s, &mine), DB_OK,
                 "%s", db_why(fx.db));
    return mine;
}

static void forget(const uint8_t *owner)
{
    cr_assert_eq(store_idem_forget(fx.db, 1, "key", owner), DB_OK, "%s", db_why(fx.db));
}

static void all_over(void)
{
    list_sql(fx.db, "UPDATE idem SET ends = UTC_TIMESTAMP(6)");
}

Test(store_idem, claimed_and_answered)
{
    expect("the first", req_a, one, IDEM_MINE);
    expect("the same again", req_a, one, IDEM_MINE);
    expect("another", req_a, two, IDEM_BUSY);
    expect("another request", req_b, two, IDEM_OTHER);
    cr_expect_not(answer(two, DAY_S), "not its claim");
    expect("nothing came of it", req_a, two, IDEM_BUSY);
    cr_expect(answer(one, DAY_S));
    expect("the answer", req_a, two, IDEM_ANSWERED);
    expect("to the claimant too", req_a, one, IDEM_ANSWERED);
    expect("not to another request", req_b, two, IDEM_OTHER);
    expect("nor of the claimant", req_b, one, IDEM_OTHER);
    cr_expect(answer(one, DAY_S), "a replay finds that it was given");
    cr_expect_not(answer(two, DAY_S));
    forget(one);
    expect("an answer is not forgotten", req_a, two, IDEM_ANSWERED);
}

Test(store_idem, of_one_purse_and_key)
{
    expect("the first", req_a, one, IDEM_MINE);
    cr_expect_eq(claim_for(2, "key", req_b, two, LONG_MS).claim, IDEM_MINE, "another account");
    cr_expect_eq(claim_for(1, "Key", req_b, two, LONG_MS).claim, IDEM_MINE, "case counts");
    cr_expect_eq(claim_for(1, "key ", req_b, two, LONG_MS).claim, IDEM_MINE, "blanks count");
    cr_expect_eq(claim_for(1, "", req_b, two, LONG_MS).claim, IDEM_MINE, "no key is one");
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM idem WHERE k LIKE '%key%'"), 0);
}

Test(store_idem, forgotten)
{
    expect("the first", req_a, one, IDEM_MINE);
    forget(two);
    expect("not by others", req_a, two, IDEM_BUSY);
    forget(one);
    cr_expect_not(answer(one, DAY_S), "it is gone");
    expect("the next may try, with anything", req_b, two, IDEM_MINE);
    forget(two);
    forget(two);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM idem"), 0);
}

Test(store_idem, a_claimant_dies)
{
    expect("the first", req_a, one, IDEM_MINE);
    all_over();
    expect("the next has it", req_a, two, IDEM_MINE);
    expect("the third waits", req_a, three, IDEM_BUSY);
    cr_expect_not(answer(one, DAY_S), "the first wakes up");
    forget(one);
    expect("and changes nothing", req_a, three, IDEM_BUSY);
    cr_expect(answer(two, DAY_S));
    cr_expect_not(answer(one, DAY_S));
    expect("the answer of the second", req_a, three, IDEM_ANSWERED);
}

Test(store_idem, late_but_nobody_came)
{
    expect("the first", req_a, one, IDEM_MINE);
    all_over();
    cr_expect(answer(one, DAY_S), "late is not lost");
    expect("answered", req_a, two, IDEM_ANSWERED);
}

Test(store_idem, a_claim_is_prolonged_by_its_owner_only)
{
    static const char left[] = "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), ends) > 3000"
                               " FROM idem";
    claim_for(1, "key", req_a, one, LONG_MS);
    claim_for(1, "key", req_a, two, 3600 * 1000);
    cr_expect_eq(list_number(fx.db, left), 0, "not by others");
    claim_for(1, "key", req_a, one, 3600 * 1000);
    cr_expect_eq(list_number(fx.db, left), 1);
    cr_expect(answer(one, 1000));
    cr_expect_eq(list_number(fx.db, left), 0, "an answer has its own time");
    claim_for(1, "key", req_a, one, 3600 * 1000);
    cr_expect_eq(list_number(fx.db, left), 0, "and is not prolonged");
}

Test(store_idem, an_answer_is_over)
{
    expect("the first", req_a, one, IDEM_MINE);
    cr_expect(answer(one, DAY_S));
    cr_expect_eq(list_number(fx.db, "SELECT TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(6), ends) FROM idem"),
                 23);
    all_over();
    expect("begun anew, with anything", req_b, two, IDEM_MINE);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM idem WHERE body IS NULL AND http = 0"), 1,
                 "nothing is left of it");
    expect("the old one is another now", req_a, three, IDEM_OTHER);
}

Test(store_idem, purged)
{
    uint64_t purged = 9;
    expect("the first", req_a, one, IDEM_MINE);
    cr_assert_eq(store_idem_purge(fx.db, &purged), DB_OK);
    cr_expect_eq(purged, 0);
    all_over();
    claim_for(2, "key", req_a, one, LONG_MS);
    cr_assert_eq(store_idem_purge(fx.db, &purged), DB_OK);
    cr_expect_eq(purged, 1);
    cr_expect_not(answer(one, DAY_S), "a claim that is gone is lost");
    cr_expect_eq(list_number(fx.db, "SELECT SUM(purse_id) FROM idem"), 2);
}

/* ---- laid down before it is paid ---- */

static bool lay(const uint8_t *owner, const uint8_t witness[16])
{
    bool mine = false;
    cr_assert_eq(store_idem_lay(fx.db, 1, "key", owner, 202, "{}", 2, witness, &mine), DB_OK, "%s",
                 db_why(fx.db));
    return mine;
}

static void move(enum ledger_op_kind kind, const uint8_t batch_id[16])
{
    struct ledger_op op = {.kind = kind, .amount = 1, .lifetime_us = (int64_t)60 * 1000 * 1000};
    struct ledger_group group = {.purse_id = fx.purse, .ops = {&op}, .count = 1};
    memcpy(op.batch_id, batch_id, STORE_ID_LEN);
    store_id_new(group.ref);
    cr_assert_eq(ledger_group_commit(fx.db, &group), DB_OK, "%s", db_why(fx.db));
    cr_assert_eq(op.outcome, LEDGER_DONE);
}

static void laid_down(uint8_t batch_id[16])
{
    store_id_new(batch_id);
    expect("the first", req_a, one, IDEM_MINE);
    move(LEDGER_OP_HOLD, batch_id);
    cr_expect(lay(one, batch_id));
    cr_expect(lay(one, batch_id), "a replay finds that it lies there");
}

Test(store_idem, paid_is_answered)
{
    uint8_t batch_id[16];
    laid_down(batch_id);
    expect("not yet", req_a, two, IDEM_BUSY);
    move(LEDGER_OP_SETTLE, batch_id);
    all_over();
    expect("its claimant died", req_a, two, IDEM_ANSWERED);
    expect("it is an answer like any", req_b, two, IDEM_OTHER);
    cr_expect_eq(list_number(fx.db, "SELECT TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(6), ends) FROM idem"),
                 23);
    cr_expect(answer(one, DAY_S), "it lives after all");
}

Test(store_idem, what_was_laid_down_is_the_answer)
{
    uint8_t batch_id[16];
    bool mine = false;
    laid_down(batch_id);
    move(LEDGER_OP_SETTLE, batch_id);
    cr_assert_eq(store_idem_answer(fx.db, 1, "key", one, 202, NULL, 0, DAY_S, &mine), DB_OK);
    cr_expect(mine);
    expect("the body that lay there", req_a, two, IDEM_ANSWERED);
}

Test(store_idem, an_open_hold_is_a_claim)
{
    uint8_t batch_id[16];
    laid_down(batch_id);
    all_over();
    expect("it may still be paid", req_a, two, IDEM_BUSY);
    all_over();
    expect("another request", req_b, two, IDEM_OTHER);
    move(LEDGER_OP_RELEASE, batch_id);
    expect("for a moment", req_a, two, IDEM_BUSY);
    all_over();
    expect("nothing was paid", req_a, two, IDEM_MINE);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM idem WHERE witness IS NULL"
                                    " AND body IS NULL"),
                 1);
    cr_expect_not(lay(one, batch_id), "who lost it pays nothing");
}

/* Its claimant was not told that it was paid, so it was given back. */
Test(store_idem, given_back_is_not_paid)
{
    uint8_t batch_id[16];
    laid_down(batch_id);
    struct ledger_op op = {.kind = LEDGER_OP_SETTLE, .amount = 1};
    struct ledger_group group = {.purse_id = fx.purse, .ops = {&op}, .count = 1};
    struct ledger_refund refund;
    memcpy(op.batch_id, batch_id, STORE_ID_LEN);
    store_id_new(group.ref);
    ledger_refund_of(&group, &refund);
    cr_assert_eq(ledger_group_commit(fx.db, &group), DB_OK);
    cr_assert_eq(ledger_refund_all(fx.db, &refund), DB_OK);
    cr_expect_eq(refund.amount, 1);
    forget(one);
    expect("the next one pays", req_a, two, IDEM_MINE);
}

Test(store_idem, forgotten_but_paid)
{
    uint8_t batch_id[16];
    laid_down(batch_id);
    move(LEDGER_OP_SETTLE, batch_id);
    forget(one);
    expect("the witness decides", req_a, two, IDEM_ANSWERED);
}

Test(store_idem, forgotten_and_not_paid)
{
    uint8_t batch_id[16];
    laid_down(batch_id);
    move(LEDGER_OP_RELEASE, batch_id);
    forget(one);
    expect("at once", req_b, two, IDEM_MINE);
}

Test(store_idem, a_hold_whose_time_is_up)
{
    uint8_t batch_id[16];
    int64_t released = 0;
    laid_down(batch_id);
    list_sql(fx.db, "UPDATE batch SET expires_at = UTC_TIMESTAMP(6)");
    all_over();
    expect("it cannot be paid any more", req_a, two, IDEM_MINE);
    cr_assert_eq(ledger_release_expired(fx.db, fx.purse, &released), DB_OK);
    cr_expect_eq(released, 1);
}

Test(store_idem, nothing_is_laid_too_late)
{
    uint8_t batch_id[16];
    store_id_new(batch_id);
    expect("the first", req_a, one, IDEM_MINE);
    cr_expect_not(lay(two, batch_id), "not its claim");
    all_over();
    cr_expect_not(lay(one, batch_id), "somebody may be taking it");
    expect("somebody is", req_a, two, IDEM_MINE);
    cr_expect(answer(two, DAY_S));
    cr_expect_not(lay(two, batch_id), "it is answered");
}

Test(store_idem, an_asynchronous_check_is_a_witness)
{
    uint8_t id[16];
    store_id_new(id);
    const struct async_check check = {.purse_id = 1, .sealed = "x", .sealed_len = 1};
    expect("the first", req_a, one, IDEM_MINE);
    cr_expect(lay(one, id));
    all_over();
    expect("it is not there", req_a, two, IDEM_MINE);
    cr_expect(lay(two, id));
    struct async_check row = check;
    const struct idem_ref lost = {1, "key", one}, held = {1, "key", two};
    memcpy(row.id, id, STORE_ID_LEN);
    cr_expect_eq(store_async_add(fx.db, &row, &lost), DB_REFUSED, "the first wakes up");
    cr_assert_eq(store_async_add(fx.db, &row, &held), DB_OK);
    cr_assert_eq(store_async_add(fx.db, &row, &held), DB_OK, "a replay");
    all_over();
    expect("it is", req_a, three, IDEM_ANSWERED);
}

Test(store_idem, what_may_be_paid_is_purged_a_day_later)
{
    uint64_t purged = 9;
    uint8_t batch_id[16];
    laid_down(batch_id);
    all_over();
    cr_assert_eq(store_idem_purge(fx.db, &purged), DB_OK);
    cr_expect_eq(purged, 0);
    list_sql(fx.db, "UPDATE idem SET ends = UTC_TIMESTAMP(6) - INTERVAL 1 DAY");
    cr_assert_eq(store_idem_purge(fx.db, &purged), DB_OK);
    cr_expect_eq(purged, 1);
    move(LEDGER_OP_RELEASE, batch_id);
}

/* As long as may be, and any bytes. */
Test(store_idem, bounds)
{
    char key[IDEM_KEY_MAX + 1];
    char *body = x_malloc(IDEM_BODY_MAX);
    enum idem_claim claim;
    int http;
    bool mine = false;
    struct strbuf out = {0};
    memset(key, '\xFF', IDEM_KEY_MAX);
    key[IDEM_KEY_MAX] = '\0';
    for (size_t i = 0; i < IDEM_BODY_MAX; i++)
        body[i] = (char)(i * 7);
    cr_expect_eq(claim_for(UINT64_MAX, key, req_a, one, LONG_MS).claim, IDEM_MINE);
    cr_assert_eq(
        store_idem_answer(fx.db, UINT64_MAX, key, one, 299, body, IDEM_BODY_MAX, DAY_S, &mine),
        DB_OK, "%s", db_why(fx.db));
    cr_expect(mine);
    cr_assert_eq(
        store_idem_claim(fx.db, UINT64_MAX, key, req_a, two, LONG_MS, DAY_S, &claim, &http, &out),
        DB_OK);
    cr_expect_eq(claim, IDEM_ANSWERED);
    cr_expect_eq(http, 299);
    cr_expect_eq(out.len, IDEM_BODY_MAX);
    cr_expect_eq(memcmp(out.data, body, IDEM_BODY_MAX), 0);
    strbuf_free(&out);
    free(body);
    cr_expect_eq(claim_for(3, "key", req_a, one, LONG_MS).claim, IDEM_MINE);
    cr_assert_eq(store_idem_answer(fx.db, 3, "key", one, 200, "", 0, DAY_S, &mine), DB_OK);
    cr_expect(mine);
    cr_expect_eq(claim_for(3, "key", req_a, two, LONG_MS).http, 200, "an empty body");
}

/* ---- at once ---- */

enum { CLAIMANTS = 12, ROUNDS = 8 };

struct rush {
    atomic_int next, mine[ROUNDS], answered, wrong;
    pthread_barrier_t gate;
};

/* All want each key at the same moment; the one that has it answers, or dies in every other round;
 * the rest look again until there is an answer. */
static void one_round(struct rush *rush, struct db *db, const uint8_t *owner, int round)
{
    char key[16];
    bool dies = round % 2 == 1, mine = false;
    snprintf(key, sizeof(key), "key %d", round);
    for (int64_t until = clock_mono_ms() + 20000; clock_mono_ms() < until;) {
        struct strbuf out = {0};
        enum idem_claim claim = IDEM_OTHER;
        int http = 0;
        int64_t claim_ms = dies ? 50 : LONG_MS;
        if (store_idem_claim(db, 1, key, req_a, owner, claim_ms, DAY_S, &claim, &http, &out) !=
                DB_OK ||
            claim == IDEM_OTHER)
            atomic_fetch_add(&rush->wrong, 1);
        bool same = strcmp(strbuf_text(&out), "{}") == 0;
        strbuf_free(&out);
        if (claim == IDEM_ANSWERED) {
            atomic_fetch_add(&rush->answered, same && http == 201);
            return;
        }
        if (claim == IDEM_MINE) {
            atomic_fetch_add(&rush->mine[round], 1);
            if (dies && atomic_load(&rush->mine[round]) == 1)
                return;
            if (store_idem_answer(db, 1, key, owner, 201, "{}", 2, DAY_S, &mine) != DB_OK)
                atomic_fetch_add(&rush->wrong, 1);
        }
    }
    atomic_fetch_add(&rush->wrong, 1);
}

static void *rush_on(void *arg)
{
    struct rush *rush = arg;
    uint8_t owner[16] = {(uint8_t)(1 + atomic_fetch_add(&rush->next, 1))};
    struct db *db = db_borrow(fx.pool);
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&rush->gate);
        one_round(rush, db, owner, round);
    }
    db_return(fx.pool, &db);
    return NULL;
}

Test(store_idem, one_has_it_in_a_rush)
{
    static struct rush rush;
    pthread_t threads[CLAIMANTS];
    int64_t pool = database_settings.pool;
    db_pool_free(&fx.pool);
    database_settings.pool = CLAIMANTS;
    fx.pool = db_pool_new(&database_settings);
    pthread_barrier_init(&rush.gate, NULL, CLAIMANTS);
    for (size_t i = 0; i < CLAIMANTS; i++)
        pthread_create(&threads[i], NULL, rush_on, &rush);
    for (size_t i = 0; i < CLAIMANTS; i++)
        pthread_join(threads[i], NULL);
    database_settings.pool = pool;
    cr_expect_eq(atomic_load(&rush.wrong), 0, "%d", atomic_load(&rush.wrong));
    for (int round = 0; round < ROUNDS; round++)
        if (round % 2 == 0)
            cr_expect_eq(atomic_load(&rush.mine[round]), 1, "round %d: %d claims", round,
                         atomic_load(&rush.mine[round]));
        else /* the dead one's, and then one, or more where an answer took longer than a claim */
            cr_expect_geq(atomic_load(&rush.mine[round]), 2, "round %d", round);
    cr_expect_eq(atomic_load(&rush.answered), CLAIMANTS * ROUNDS - ROUNDS / 2);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM idem WHERE state = 1"), ROUNDS);
}
