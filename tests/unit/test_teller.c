/* test_teller.c - many callers, few credits, and everything that can die while they wait. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "account/teller.h"
#include "db_fixture.h"

static const struct check_result nothing_special = {.verdict = 1, .reason = 6, .score = 9};

/* What one crowd of callers does, and what came of it. */
struct crowd {
    struct teller *tellers[2];
    uint64_t purse_id;
    int64_t amount;
    bool hold;    /* hold and settle; else charge */
    int attempts; /* per caller */
    atomic_int next, ok, no_credit, other;
};

static enum teller_result pay_once(struct teller *teller, const struct crowd *crowd)
{
    if (!crowd->hold)
        return teller_charge(teller, crowd->purse_id, crowd->amount, &nothing_special, NULL);
    struct hold hold;
    enum teller_result result =
        teller_hold(teller, crowd->purse_id, crowd->amount, 60000, &hold, NULL);
    return result == TELLER_OK ? teller_settle(teller, &hold, &nothing_special, NULL) : result;
}

static void *member(void *arg)
{
    struct crowd *crowd = arg;
    int which = atomic_fetch_add(&crowd->next, 1) % 2;
    struct teller *teller = crowd->tellers[crowd->tellers[1] == NULL ? 0 : which];
    for (int i = 0; i < crowd->attempts; i++)
        switch (pay_once(teller, crowd)) {
        case TELLER_OK:
            atomic_fetch_add(&crowd->ok, 1);
            break;
        case TELLER_NO_CREDIT:
            atomic_fetch_add(&crowd->no_credit, 1);
            break;
        default:
            atomic_fetch_add(&crowd->other, 1);
        }
    return NULL;
}

enum { MEMBERS = 64 };

static void crowd_run(struct crowd *crowd)
{
    pthread_t threads[MEMBERS];
    for (size_t i = 0; i < MEMBERS; i++)
        pthread_create(&threads[i], NULL, member, crowd);
    for (size_t i = 0; i < MEMBERS; i++)
        pthread_join(threads[i], NULL);
}

Test(teller, exactly_as_many_as_there_are_credits)
{
    static const struct {
        const char *label;
        int64_t credits, amount;
        bool hold;
        int tellers, ok;
    } rows[] = {
        {"charges", 100, 1, false, 1, 100},
        {"holds", 100, 1, true, 1, 100},
        {"charges of three", 100, 3, false, 1, 33},
        {"holds through two tellers", 100, 1, true, 2, 100},
        {"charges through two tellers", 101, 2, false, 2, 50},
    };
    struct db *db = fixture_open();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char name[32];
        snprintf(name, sizeof(name), "a%zu", i);
        struct crowd crowd = {.purse_id = fixture_purse(db, name, rows[i].credits),
                              .amount = rows[i].amount,
                              .hold = rows[i].hold,
                              .attempts = 4};
        for (int j = 0; j < rows[i].tellers; j++)
            crowd.tellers[j] = teller_new(&database_settings);
        crowd_run(&crowd);
        for (int j = 0; j < rows[i].tellers; j++)
            teller_free(&crowd.tellers[j]);
        cr_assert_eq(atomic_load(&crowd.ok), rows[i].ok, "%s: %d", rows[i].label,
                     atomic_load(&crowd.ok));
        cr_assert_eq(atomic_load(&crowd.no_credit), MEMBERS * 4 - rows[i].ok, "%s", rows[i].label);
        struct purse_row purse = fixture_balance(db, name);
        cr_assert_eq(purse.spent, rows[i].ok * rows[i].amount, "%s", rows[i].label);
        cr_assert_eq(purse.held, 0, "%s", rows[i].label);
        cr_assert_eq(purse.available, rows[i].credits - rows[i].ok * rows[i].amount, "%s",
                     rows[i].label);
        fixture_books_clean(db, rows[i].label);
    }
    db_free(&db);
}

Test(teller, balances_are_told)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 100);
    struct teller *teller = teller_new(&database_settings);
    struct hold hold;
    int64_t available = 0;
    cr_assert_eq(teller_hold(teller, purse, 7, 60000, &hold, &available), TELLER_OK);
    cr_assert_eq(available, 93);
    cr_assert_eq(teller_release(teller, &hold, &available), TELLER_OK);
    cr_assert_eq(available, 100);
    cr_assert_eq(teller_release(teller, &hold, &available), TELLER_GONE);
    cr_assert_eq(teller_settle(teller, &hold, &nothing_special, &available), TELLER_GONE);
    cr_assert_eq(teller_charge(teller, purse, 101, &nothing_special, &available), TELLER_NO_CREDIT);
    cr_assert_eq(available, 100);
    cr_assert_eq(teller_charge(teller, 424242, 1, &nothing_special, NULL), TELLER_NO_CREDIT);
    teller_free(&teller);
    fixture_books_clean(db, "a");
    db_free(&db);
}

/* More than one transaction holds, and more than there are credits for. */
Test(teller, many_at_once)
{
    enum { CREDITS = 70, WANTED = 100, SETTLED = 50 };
    static struct teller_move moves[WANTED];
    struct db *db = fixture_open();
    uint64_t purse_id = fixture_purse(db, "many", CREDITS);
    struct teller *teller = teller_new(&database_settings);
    int64_t available = -1;
    for (size_t i = 0; i < WANTED; i++)
        moves[i] = (struct teller_move){.kind = TELLER_HOLD, .hold.amount = 1};
    teller_move_all(teller, purse_id, moves, WANTED, 60000, &available);
    for (size_t i = 0; i < WANTED; i++)
        cr_expect_eq(moves[i].outcome, i < CREDITS ? TELLER_OK : TELLER_NO_CREDIT, "hold %zu", i);
    cr_expect_eq(available, 0);
    for (size_t i = 0; i < CREDITS; i++) {
        moves[i].kind = i < SETTLED ? TELLER_SETTLE : TELLER_RELEASE;
        moves[i].result = nothing_special;
    }
    teller_move_all(teller, purse_id, moves, CREDITS, 60000, &available);
    for (size_t i = 0; i < CREDITS; i++)
        cr_expect_eq(moves[i].outcome, TELLER_OK, "end %zu", i);
    cr_expect_eq(available, CREDITS - SETTLED);
    teller_move_all(teller, purse_id, moves, CREDITS, 60000, &available);
    for (size_t i = 0; i < CREDITS; i++)
        cr_expect_eq(moves[i].outcome, TELLER_GONE, "again %zu", i);
    moves[0] =
        (struct teller_move){.kind = TELLER_CHARGE, .hold.amount = 20, .result = nothing_special};
    moves[1] = moves[0];
    teller_move_all(teller, purse_id, moves, 2, 60000, &available);
    cr_expect(moves[0].outcome == TELLER_OK && moves[1].outcome == TELLER_NO_CREDIT);
    teller_move_all(teller, purse_id, moves, 0, 60000, &available);
    teller_free(&teller);
    fixture_books_clean(db, "many");
    db_free(&db);
}

Test(teller, a_killed_program_strands_nothing)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 100);
    int ready[2];
    cr_assert_eq(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct teller *theirs = teller_new(&database_settings);
        struct hold hold;
        for (int i = 0; i < 38; i++)
            if (teller_hold(theirs, purse, 1, 500, &hold, NULL) != TELLER_OK)
                _exit(1);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    char byte;
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    cr_assert_eq(fixture_balance(db, "a").held, 38);
    usleep(600 * 1000);
    struct teller *teller = teller_new(&database_settings);
    int64_t available = 0;
    cr_assert_eq(teller_charge(teller, purse, 1, &nothing_special, &available), TELLER_OK);
    cr_assert_eq(available, 99);
    teller_free(&teller);
    cr_assert_eq(fixture_balance(db, "a").held, 0);
    fixture_books_clean(db, "after the kill");
    db_free(&db);
}

/* The answer to COMMIT is lost, and then the database is away: the caller is told so, and whatever
 * landed is given back when the database returns. */
static unsigned lose_commit_then_all(const char *sql, bool after, void *arg)
{
    atomic_int *phase = arg;
    if (atomic_load(phase) == 0 && after && strcmp(sql, "COMMIT") == 0)
        atomic_store(phase, 1);
    return atomic_load(phase) == 1 ? 2013 : 0;
}

static bool newest_line(const struct ledger_line *line, void *arg)
{
    *(struct ledger_line *)arg = *line;
    return false;
}

/* A statement about several operations is refused, as one bad operation among them would do. */
static unsigned refuse_groups(const char *sql, bool after, void *arg)
{
    atomic_int *refused = arg;
    bool group = !after && strstr(sql, "), (") != NULL;
    if (group)
        atomic_fetch_add(refused, 1);
    return group ? 4025 : 0;
}

Test(teller, a_refused_group_is_served_singly)
{
    struct db *db = fixture_open();
    struct crowd crowd = {.purse_id = fixture_purse(db, "a", 100), .amount = 1, .attempts = 2};
    atomic_int refused = 0;
    crowd.tellers[0] = teller_new(&database_settings);
    db_test_fault(refuse_groups, &refused);
    crowd_run(&crowd);
    db_test_fault(NULL, NULL);
    teller_free(&crowd.tellers[0]);
    cr_assert_gt(atomic_load(&refused), 0, "there were groups");
    cr_assert_eq(atomic_load(&crowd.ok), 100, "%d", atomic_load(&crowd.ok));
    cr_assert_eq(atomic_load(&crowd.no_credit), MEMBERS * 2 - 100);
    fixture_books_clean(db, "served singly");
    db_free(&db);
}

Test(teller, who_is_told_no_does_not_pay)
{
    struct db *db = fixture_open();
    uint64_t purse = fixture_purse(db, "a", 100);
    struct teller *teller = teller_new(&database_settings);
    struct hold hold;
    atomic_int phase = 2;
    cr_assert_eq(teller_hold(teller, purse, 5, 60000, &hold, NULL), TELLER_OK);
    db_test_fault(lose_commit_then_all, &phase);

    atomic_store(&phase, 0);
    cr_assert_eq(teller_charge(teller, purse, 3, &nothing_special, NULL), TELLER_UNAVAILABLE);
    atomic_store(&phase, 2);
    struct ledger_line last = {0};
    for (int i = 0; i < 50 && last.kind != LEDGER_REFUND; i++) {
        usleep(100 * 1000);
        cr_assert_eq(ledger_list(db, purse, 1, newest_line, &last), DB_OK);
    }
    cr_assert_eq(last.kind, LEDGER_REFUND, "given back though nobody asked for anything");
    cr_assert_eq(last.amount, 3);
    cr_assert_eq(fixture_balance(db, "a").spent, 0);
    struct hold other;
    cr_assert_eq(teller_hold(teller, purse, 1, 60000, &other, NULL), TELLER_OK);

    atomic_store(&phase, 0);
    cr_assert_eq(teller_settle(teller, &hold, &nothing_special, NULL), TELLER_UNAVAILABLE);
    atomic_store(&phase, 2);
    teller_free(&teller); /* what is in doubt is settled on the way out, too */
    db_test_fault(NULL, NULL);
    struct purse_row after = fixture_balance(db, "a");
    cr_assert_eq(after.spent, 0);
    cr_assert_eq(after.available, 99);
    cr_assert_eq(after.held, 1);
    fixture_books_clean(db, "after refunds");
    db_free(&db);
}

/* A server of its own, killed under load: bounded answers, recovery, and no answer that lied. */
struct outage {
    struct teller *teller;
    uint64_t purse_id;
    atomic_bool stop;
    atomic_int ok, unavailable, other;
    atomic_llong slowest_ms;
};

static void *outage_caller(void *arg)
{
    struct outage *o = arg;
    while (!atomic_load(&o->stop)) {
        int64_t start = clock_mono_ms();
        enum teller_result result =
            teller_charge(o->teller, o->purse_id, 1, &nothing_special, NULL);
        long long took = clock_mono_ms() - start, slowest = atomic_load(&o->slowest_ms);
        while (took > slowest && !atomic_compare_exchange_weak(&o->slowest_ms, &slowest, took))
            continue;
        atomic_fetch_add(result == TELLER_OK            ? &o->ok
                         : result == TELLER_UNAVAILABLE ? &o->unavailable
                                                        : &o->other,
                         1);
    }
    return NULL;
}

Test(teller, database_killed_under_load)
{
    char dir[64];
    snprintf(dir, sizeof(dir), "/tmp/vrfy-kill-%d", (int)getpid());
    fixture_server("start", dir);
    struct db *db = fixture_open_in(dir);
    struct outage o = {.teller = teller_new(&database_settings),
                       .purse_id = fixture_purse(db, "a", 1000000)};
    pthread_t threads[16];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_create(&threads[i], NULL, outage_caller, &o);
    for (int round = 0; round < 2; round++) {
        usleep(700 * 1000);
        fixture_server("kill", dir);
        usleep(1500 * 1000);
        cr_assert_gt(atomic_exchange(&o.unavailable, 0), 0, "callers are told");
        fixture_server("start", dir);
        int before = atomic_load(&o.ok);
        for (int i = 0; i < 100 && atomic_load(&o.ok) < before + 50; i++)
            usleep(100 * 1000);
        cr_assert_geq(atomic_load(&o.ok), before + 50, "the teller recovers by itself");
    }
    atomic_store(&o.stop, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    teller_free(&o.teller);
    cr_assert_eq(atomic_load(&o.other), 0);
    cr_assert_lt(atomic_load(&o.slowest_ms), 10000, "%lld ms", atomic_load(&o.slowest_ms));
    fixture_books_clean(db, "after two kills");
    cr_assert_eq(fixture_balance(db, "a").spent, atomic_load(&o.ok),
                 "paid is what callers were told they paid");
    db_free(&db);
    fixture_server("clean", dir);
}
