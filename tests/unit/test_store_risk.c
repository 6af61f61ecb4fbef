/* test_store_risk.c - lists, reports and checks of accounts: what is counted, what is looked at,
 * what goes. */
#include "list_fixture.h"

#include "store/store_risk.h"

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

TestSuite(store_risk, .init = open_all, .fini = close_all);

static void good(enum db_status status, const char *what)
{
    cr_assert_eq(status, DB_OK, "%s: %d %s", what, (int)status, db_why(fx.db));
}

/* ---- lists ---- */

static bool join(const char *domain, void *arg)
{
    strbuf_printf(arg, "%s ", domain);
    return true;
}

static void expect_list(const char *label, uint64_t purse, enum risk_list list, const char *want)
{
    struct strbuf out = {0};
    good(store_risk_list_read(fx.db, purse, list, join, &out), label);
    cr_expect_str_eq(strbuf_text(&out), want, "%s: %s", label, strbuf_text(&out));
    strbuf_free(&out);
}

static bool add(uint64_t purse, enum risk_list list, const char *domain)
{
    bool added = false;
    good(store_risk_list_add(fx.db, purse, list, domain, 100, &added), domain);
    return added;
}

Test(store_risk, lists)
{
    bool found = true, added = true;
    expect_list("nothing yet", 1, RISK_LIST_ALLOW, "");
    good(store_risk_list_remove(fx.db, 1, RISK_LIST_ALLOW, "a.com", &found), "remove");
    cr_expect_not(found);
    expect_list("nothing changed", 1, RISK_LIST_ALLOW, "");
    cr_expect(add(1, RISK_LIST_ALLOW, "b.com"));
    cr_expect(add(1, RISK_LIST_ALLOW, "a.com"));
    cr_expect_not(add(1, RISK_LIST_ALLOW, "a.com"), "it was there");
    cr_expect(add(1, RISK_LIST_BLOCK, "a.com"), "both lists may have it");
    cr_expect(add(2, RISK_LIST_ALLOW, "c.com"), "another account");
    expect_list("in order", 1, RISK_LIST_ALLOW, "a.com b.com ");
    expect_list("the other list", 1, RISK_LIST_BLOCK, "a.com ");
    expect_list("the other account", 2, RISK_LIST_ALLOW, "c.com ");
    good(store_risk_list_remove(fx.db, 1, RISK_LIST_ALLOW, "a.com", &found), "remove");
    cr_expect(found);
    expect_list("removed", 1, RISK_LIST_ALLOW, "b.com ");
    expect_list("of one list", 1, RISK_LIST_BLOCK, "a.com ");
    cr_expect_eq(store_risk_list_add(fx.db, 1, RISK_LIST_ALLOW, "d.com", 1, &added), DB_REFUSED);
    cr_expect_not(added);
    good(store_risk_list_add(fx.db, 1, RISK_LIST_ALLOW, "b.com", 1, &added), "no more than before");
    cr_expect_not(added);
    expect_list("full", 1, RISK_LIST_ALLOW, "b.com ");
}

/* However many add at once, no list has more than it may. */
enum { ADDERS = 8, EACH = 6, MOST = 20 };

static void *add_many(void *arg)
{
    int *added = arg, me = *added;
    struct db *db = db_borrow(fx.pool);
    *added = 0;
    for (int i = 0; i < EACH; i++) {
        char domain[32];
        bool fresh = false;
        snprintf(domain, sizeof(domain), "d%d-%d.com", me, i);
        enum db_status status = store_risk_list_add(db, 7, RISK_LIST_BLOCK, domain, MOST, &fresh);
        *added += fresh;
        *added += status == DB_OK || status == DB_REFUSED ? 0 : 1000;
    }
    db_return(fx.pool, &db);
    return NULL;
}

Test(store_risk, lists_have_an_end_in_a_crowd)
{
    pthread_t threads[ADDERS];
    int numbers[ADDERS], sum = 0;
    for (int i = 0; i < ADDERS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, add_many, &numbers[i]);
    }
    for (int i = 0; i < ADDERS; i++) {
        pthread_join(threads[i], NULL);
        sum += numbers[i];
    }
    cr_expect_eq(sum, MOST, "%d were added", sum);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM risk_list WHERE purse_id = 7"), MOST);
}

static void expect_listed(const char *label, const char *domain, const char *registrable, int want)
{
    enum risk_list list = RISK_LIST_ALLOW;
    bool listed = false;
    const char *in = strstr(domain, registrable);
    cr_assert_not_null(in);
    good(store_risk_listed(fx.db, 1, domain, in, &list, &listed), label);
    cr_expect_eq(listed ? (int)list : -1, want, "%s", label);
}

Test(store_risk, an_entry_is_true_of_what_is_in_it)
{
    static const struct {
        const char *label, *domain, *registrable;
        int want;
    } rows[] = {
        {"itself", "b.com", "b.com", RISK_LIST_BLOCK},
        {"in it", "x.b.com", "b.com", RISK_LIST_BLOCK},
        {"deep in it", "1.2.3.4.5.6.7.8.9.b.com", "b.com", RISK_LIST_BLOCK},
        {"not beside it", "xb.com", "xb.com", -1},
        {"a part that is no registrable domain", "mail.c.com", "c.com", RISK_LIST_BLOCK},
        {"in that", "x.mail.c.com", "c.com", RISK_LIST_BLOCK},
        {"deep in that", "1.2.3.4.5.6.7.mail.c.com", "c.com", RISK_LIST_BLOCK},
        {"not around it", "c.com", "c.com", -1},
        {"not beside that", "web.c.com", "c.com", -1},
        {"allowed within what is blocked", "good.b.com", "b.com", RISK_LIST_ALLOW},
        {"in that", "a.b.c.d.e.good.b.com", "b.com", RISK_LIST_ALLOW},
        {"blocked within what is allowed", "bad.a.com", "a.com", RISK_LIST_ALLOW},
        {"behind the third", "1.2.three.4.5.d.com", "d.com", RISK_LIST_BLOCK},
        {"the fourth", "1.2.3.4th.d.com", "d.com", RISK_LIST_BLOCK},
        {"a public suffix", "x.co.uk", "x.co.uk", -1},
    };
    static const char *const blocked[] = {"b.com", "mail.c.com",      "bad.a.com",
                                          "co.uk", "three.4.5.d.com", "4th.d.com"};
    for (size_t i = 0; i < COUNT_OF(blocked); i++)
        cr_expect(add(1, RISK_LIST_BLOCK, blocked[i]));
    cr_expect(add(1, RISK_LIST_ALLOW, "a.com"));
    cr_expect(add(1, RISK_LIST_ALLOW, "good.b.com"));
    cr_expect(add(2, RISK_LIST_BLOCK, "c.com"), "another account's");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_listed(rows[i].label, rows[i].domain, rows[i].registrable, rows[i].want);
}

/* ---- reports ---- */

static void report(uint64_t purse, const char *domain, enum risk_outcome outcome)
{
    good(store_risk_report(fx.db, purse, domain, outcome, NULL), domain);
}

static void expect_confirmed(const char *label, uint64_t purse, int64_t throwaway,
                             int64_t legitimate)
{
    struct risk_account account;
    good(store_risk_account(fx.db, purse, &account), label);
    cr_expect_eq(account.throwaway, throwaway, "%s: %d throwaway", label, (int)account.throwaway);
    cr_expect_eq(account.legitimate, legitimate, "%s: %d legitimate", label,
                 (int)account.legitimate);
    cr_expect_eq(account.profile, -1, "%s", label);
}

Test(store_risk, confirmed_outcomes_are_counted_by_domain)
{
    static const struct {
        const char *label, *domain;
        enum risk_outcome outcome;
        int64_t throwaway, legitimate;
    } rows[] = {
        {"suspected counts for nothing", "a.com", RISK_SUSPECTED, 0, 0},
        {"the first", "a.com", RISK_CONFIRMED_THROWAWAY, 1, 0},
        {"the same again", "a.com", RISK_CONFIRMED_THROWAWAY, 1, 0},
        {"another domain", "b.com", RISK_CONFIRMED_LEGITIMATE, 1, 1},
        {"on second thoughts", "a.com", RISK_CONFIRMED_LEGITIMATE, 0, 2},
        {"suspicion takes nothing back", "a.com", RISK_SUSPECTED, 0, 2},
        {"and again", "a.com", RISK_CONFIRMED_THROWAWAY, 1, 1},
        {"a third domain", "c.com", RISK_CONFIRMED_THROWAWAY, 2, 1},
    };
    expect_confirmed("nothing yet", 1, 0, 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        report(1, rows[i].domain, rows[i].outcome);
        expect_confirmed(rows[i].label, 1, rows[i].throwaway, rows[i].legitimate);
    }
    expect_confirmed("another account", 2, 0, 0);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM risk_report"), 3, "one row a domain");
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM risk_report WHERE domain = 'a.com'"
                                    " AND confirmed = 0 AND suspected_at < confirmed_at"),
                 1);
}

Test(store_risk, an_account_has_a_profile_where_it_has_set_one)
{
    struct risk_account account;
    report(1, "a.com", RISK_CONFIRMED_THROWAWAY);
    good(store_risk_profile_set(fx.db, 1, 0), "set");
    good(store_risk_profile_set(fx.db, 1, 2), "set again");
    good(store_risk_profile_set(fx.db, 3, 1), "set by one who reported nothing");
    good(store_risk_account(fx.db, 1, &account), "1");
    cr_expect(account.profile == 2 && account.throwaway == 1 && account.legitimate == 0);
    good(store_risk_account(fx.db, 3, &account), "3");
    cr_expect(account.profile == 1 && account.throwaway == 0 && account.legitimate == 0);
    good(store_risk_account(fx.db, 2, &account), "2");
    cr_expect(account.profile == -1 && account.throwaway == 0 && account.legitimate == 0);
}

static const struct {
    const char *label, *notes, *kept;
} notes[] = {
    {"none", NULL, ""},
    {"without", "User signed up, never paid.", "User signed up, never paid."},
    {"one", "it was joe.doe+x@a.com!", "it was *@a.com!"},
    {"at the beginning", "joe@a.com", "*@a.com"},
    {"two", "joe@a.com, Ann <ann@b.com>", "*@a.com, Ann <*@b.com>"},
    {"quoted", "see \"joe doe\"@a.com", "see *@a.com"},
    {"quotes within quotes", "see \"joe\\\" doe\"@a.com", "see *@a.com"},
    {"a quote that does not begin", "joe doe\"@a.com", "*@a.com"},
    {"of UTF-8", "bei j\xC3\xB6rg@a.com", "bei *@a.com"},
    {"nobody", "@ home", "*@ home"},
    {"in a row", "a@b@c", "*@c"},
    {"after a colon", "mailto:joe@a.com", "mailto:*@a.com"},
    /* what may stand between */
    {"brackets round the sign", "it was joe.doe[@]a.com", "it was *@]a.com"},
    {"round ones", "joe.doe(@)a.com", "*@)a.com"},
    {"pointed ones", "joe.doe <@> a.com", "*@> a.com"},
    {"a line's end", "joe.doe\n@a.com", "*@a.com"},
    {"a comma", "joe.doe,@a.com", "*@a.com"},
    {"a comment", "see joe.doe(work)@a.com", "see *@a.com"},
    {"a name in brackets", "see (joe.doe)@a.com", "see *@a.com"},
    /* other at-signs */
    {"full width", "joe.doe\uFF20a.com", "*\uFF20a.com"},
    {"small form", "joe\uFE6Ba.com", "*\uFE6Ba.com"},
    {"of a URL", "seen as joe%40a.com", "seen as *%40a.com"},
    {"escaped twice", "joe%2540a.com", "*%2540a.com"},
    {"of HTML", "joe&#64;a.com, ann&commat;b.com", "*&#64;a.com, *&commat;b.com"},
    {"a word", "it was joe at a.com, Ann AT b dot com", "it was * at a.com, * AT b dot com"},
    {"no at-sign of a URL", "100%4 or 40%", "100%4 or 40%"},
    {"round", "joe.doe(at)a.com", "*(at)a.com"},
    {"square", "joe.doe[at]a.com", "*[at]a.com"},
    {"curly", "joe{at}a.com", "*{at}a.com"},
    {"pointed", "joe<at>a.com", "*<at>a.com"},
    {"any case", "joe(AT)a.com, ann[At]b.com", "*(AT)a.com, *[At]b.com"},
    {"blanks around", "it was joe.doe (at) a (dot) com", "it was *(at) a (dot) com"},
    {"blanks around a plain one", "it was joe  @ a.com", "it was *@ a.com"},
    {"blanks within", "it was joe\t[ at\t] a.com", "it was *[ at\t] a.com"},
    {"quoted, blanks around", "see \"joe doe\" (at) a.com", "see *(at) a.com"},
    {"in a row, of all sorts", "a(at)b%40c[at]d", "*(at)*[at]d"},
    {"one word is the price", "met (at) the office", "*(at) the office"},
    /* none */
    {"another word", "paid (atm) and [attack] (cat)", "paid (atm) and [attack] (cat)"},
    {"brackets that do not fit", "joe (at] a, joe [at) b", "joe (at] a, joe [at) b"},
    {"no brackets", "we met at the office", "we met at the office"},
    {"not closed", "we met (at", "we met (at"},
    {"not closed, with blanks", "we met ( at  ", "we met ( at  "},
    {"only opened", "we met (", "we met ("},
    {"half a character", "we met \xEF\xBC", "we met \xEF\xBC"},
};

Test(store_risk, notes_have_no_addresses)
{
    char longest[RISK_NOTES_MAX + 100];
    for (size_t i = 0; i < COUNT_OF(notes); i++) {
        struct strbuf sql = {0};
        good(store_risk_report(fx.db, 1, "a.com", RISK_SUSPECTED, notes[i].notes), notes[i].label);
        strbuf_printf(&sql, "SELECT notes = '%s' FROM risk_report", notes[i].kept);
        cr_expect_eq(list_number(fx.db, strbuf_text(&sql)), 1, "%s", notes[i].label);
        strbuf_free(&sql);
    }
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    good(store_risk_report(fx.db, 1, "a.com", RISK_SUSPECTED, longest), "too long");
    cr_expect_eq(list_number(fx.db, "SELECT LENGTH(notes) FROM risk_report"), RISK_NOTES_MAX);
    memcpy(longest + RISK_NOTES_MAX - 4, "@a.com", 6);
    good(store_risk_report(fx.db, 1, "a.com", RISK_SUSPECTED, longest), "too long, an address");
    cr_expect_eq(list_number(fx.db, "SELECT LOCATE('x@', notes) FROM risk_report"), 0);
}

Test(store_risk, reports_have_a_rate)
{
    enum { COST = 1000000000, BURST = 3 };
    bool taken = false;
    int64_t ahead = 0;
    for (int i = 1; i <= BURST + 2; i++) {
        good(store_risk_report_take(fx.db, 1, COST, (int64_t)BURST * COST, &taken, &ahead), "take");
        cr_expect_eq(taken, i <= BURST, "%d", i);
        int64_t most = (int64_t)(i <= BURST ? i : BURST + 1) * COST;
        cr_expect(ahead <= most && ahead > most - COST / 2, "%d: %lld", i, (long long)ahead);
    }
    good(store_risk_report_take(fx.db, 2, COST, COST, &taken, &ahead), "another account");
    cr_expect(taken);
    cr_expect_eq(ahead, COST);
}

/* ---- looking ---- */

static const struct risk_limits limits = {5, 10, 3, 30};

static struct risk_check check_of(uint64_t purse, const char *domain, int recommendation)
{
    return (struct risk_check){.purse_id = purse,
                               .domain = domain,
                               .recommendation = recommendation,
                               .score = 50,
                               .signals = "disposable_domain,no_mx",
                               .latency_ms = 40,
                               .single = true,
                               .trouble = recommendation == RISK_BLOCKED};
}

static void check(uint64_t purse, const char *domain, int recommendation)
{
    struct risk_check one = check_of(purse, domain, recommendation);
    good(store_risk_check_add(fx.db, &one), domain);
}

static struct risk_facts look_with(uint64_t purse, const char *domain, const struct risk_limits *by)
{
    struct risk_facts facts = {.abuse_velocity = true, .cross_customer = true};
    good(store_risk_look(fx.db, purse, domain, by, &facts), domain);
    return facts;
}

static struct risk_facts look(uint64_t purse, const char *domain)
{
    return look_with(purse, domain, &limits);
}

Test(store_risk, velocity)
{
    static const struct risk_limits off = {0, 10, 0, 30};
    struct risk_check several = check_of(1, "a.com", RISK_ALLOWED);
    several.single = false;
    for (int i = 0; i < 4; i++)
        check(1, "a.com", RISK_ALLOWED);
    for (int i = 0; i < 7; i++)
        good(store_risk_check_add(fx.db, &several), "one of several");
    cr_expect_not(look(1, "a.com").abuse_velocity, "the fifth is not more than five");
    check(1, "a.com", RISK_ALLOWED);
    cr_expect(look(1, "a.com").abuse_velocity, "the sixth is");
    cr_expect_not(look(1, "b.com").abuse_velocity, "another domain");
    cr_expect_not(look(2, "a.com").abuse_velocity, "another account");
    cr_expect_not(look_with(1, "a.com", &off).abuse_velocity, "never");
    list_sql(fx.db, "UPDATE risk_check SET at = at - INTERVAL 11 MINUTE WHERE single"
                    " LIMIT 1");
    cr_expect_not(look(1, "a.com").abuse_velocity, "one is too long ago");
    for (int i = 0; i < 7; i++)
        check(1, "", RISK_BLOCKED);
    struct risk_facts none = look(1, "");
    cr_expect(!none.abuse_velocity && !none.cross_customer, "no domain is not a domain");
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM risk_trouble"), 0);
}

Test(store_risk, trouble_of_others)
{
    struct risk_check one = check_of(3, "a.com", RISK_BLOCKED);
    static const struct risk_limits off = {0, 10, 0, 30};
    check(1, "a.com", RISK_BLOCKED);
    check(1, "a.com", RISK_BLOCKED);
    check(2, "a.com", RISK_BLOCKED);
    check(4, "a.com", RISK_FLAGGED);
    report(5, "a.com", RISK_SUSPECTED);
    report(6, "a.com", RISK_CONFIRMED_LEGITIMATE);
    cr_expect_not(look(9, "a.com").cross_customer, "two accounts, however often");
    one.trouble = false;
    good(store_risk_check_add(fx.db, &one), "blocked, and no trouble");
    cr_expect_not(look(9, "a.com").cross_customer, "not every block is trouble");
    report(3, "a.com", RISK_CONFIRMED_THROWAWAY);
    cr_expect_not(look(9, "a.com").cross_customer, "nor is a report");
    check(3, "a.com", RISK_BLOCKED);
    cr_expect(look(9, "a.com").cross_customer, "the third");
    cr_expect_not(look_with(9, "a.com", &off).cross_customer, "never");
    cr_expect_not(look(1, "a.com").cross_customer, "one's own is not others'");
    cr_expect_not(look(9, "b.com").cross_customer, "another domain");
    report(3, "a.com", RISK_CONFIRMED_LEGITIMATE);
    cr_expect_not(look(9, "a.com").cross_customer, "taken back");
    check(3, "a.com", RISK_BLOCKED);
    cr_expect(look(9, "a.com").cross_customer, "and there again");
    list_sql(fx.db, "UPDATE risk_trouble SET at = at - INTERVAL 31 DAY WHERE purse_id = 1");
    cr_expect_not(look(9, "a.com").cross_customer, "too long ago");
    check(1, "a.com", RISK_BLOCKED);
    cr_expect(look(9, "a.com").cross_customer, "and now again");
}

Test(store_risk, nothing_is_left_of_who_has_no_key)
{
    struct risk_check one = check_of(fx.purse, "a.com", RISK_BLOCKED);
    good(store_risk_check_add(fx.db, &one), "with a key");
    list_sql(fx.db, "UPDATE api_key SET revoked = UTC_TIMESTAMP(6)");
    list_sql(fx.db, "UPDATE purse SET live_keys = 0");
    cr_expect_eq(store_risk_check_add(fx.db, &one), DB_REFUSED);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM risk_check"), 1);
    cr_expect_eq(list_number(fx.db, "SELECT checks FROM risk_usage"), 1);
}

Test(store_risk, own_and_others)
{
    static const enum risk_outcome T = RISK_CONFIRMED_THROWAWAY, L = RISK_CONFIRMED_LEGITIMATE,
                                   S = RISK_SUSPECTED;
    const struct {
        const char *label, *domain;
        uint64_t purse;
        enum risk_outcome outcome;
        enum reported own, others; /* as account 9 sees it */
    } rows[] = {
        {"suspected", "a.com", 9, S, REPORTED_NOT, REPORTED_NOT},
        {"confirmed", "a.com", 9, T, REPORTED_THROWAWAY, REPORTED_NOT},
        {"the newest", "a.com", 9, L, REPORTED_LEGITIMATE, REPORTED_NOT},
        {"one other", "a.com", 1, T, REPORTED_LEGITIMATE, REPORTED_NOT},
        {"two", "a.com", 2, T, REPORTED_LEGITIMATE, REPORTED_NOT},
        {"again", "a.com", 2, T, REPORTED_LEGITIMATE, REPORTED_NOT},
        {"a suspicion is no voice", "a.com", 3, S, REPORTED_LEGITIMATE, REPORTED_NOT},
        {"two of three", "a.com", 3, L, REPORTED_LEGITIMATE, REPORTED_THROWAWAY},
        {"two of four", "a.com", 4, L, REPORTED_LEGITIMATE, REPORTED_NOT},
        {"two of five", "a.com", 5, L, REPORTED_LEGITIMATE, REPORTED_NOT},
        {"two of six", "a.com", 6, L, REPORTED_LEGITIMATE, REPORTED_LEGITIMATE},
        {"one thinks again", "a.com", 6, T, REPORTED_LEGITIMATE, REPORTED_NOT},
        {"another domain", "b.com", 1, T, REPORTED_NOT, REPORTED_NOT},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        report(rows[i].purse, rows[i].domain, rows[i].outcome);
        struct risk_facts facts = look(9, rows[i].domain);
        cr_expect_eq(facts.own, rows[i].own, "%s: own %d", rows[i].label, (int)facts.own);
        cr_expect_eq(facts.others, rows[i].others, "%s: others %d", rows[i].label,
                     (int)facts.others);
    }
}

/* A hundred newer voices outweigh any number of older ones. */
Test(store_risk, others_are_read_to_an_end)
{
    for (uint64_t purse = 1; purse <= 150; purse++)
        report(purse, "a.com", purse <= 80 ? RISK_CONFIRMED_THROWAWAY : RISK_CONFIRMED_LEGITIMATE);
    cr_expect_eq(look(999, "a.com").others, REPORTED_LEGITIMATE);
    cr_expect_eq(look(100, "a.com").others, REPORTED_LEGITIMATE);
}

/* Rows that were read for one look, so far as the server counts them. */
static int64_t rows_read(void)
{
    return list_number(fx.db, "SELECT SUM(variable_value) FROM information_schema.session_status"
                              " WHERE variable_name IN ('Handler_read_next', 'Handler_read_key',"
                              " 'Handler_read_prev', 'Handler_read_first')");
}

static int64_t look_reads(uint64_t purse)
{
    int64_t before = rows_read(), nothing = rows_read() - before;
    look(purse, "a.com");
    return rows_read() - before - 2 * nothing;
}

/* Every table of the statement by the index that is meant for it, and no more of it than needed:
 * 2000 checks, 1000 accounts with trouble, as many that reported. */
Test(store_risk, looking_is_bounded)
{
    struct risk_check many[RISK_CHECKS_MAX];
    for (size_t i = 0; i < RISK_CHECKS_MAX; i++)
        many[i] = check_of(1, "a.com", RISK_BLOCKED);
    for (int i = 0; i < 20; i++)
        good(store_risk_checks_add(fx.db, many, RISK_CHECKS_MAX), "many");
    int64_t reads = look_reads(1);
    cr_expect(reads >= 6 && reads < 40, "%d rows", (int)reads);
    list_sql(fx.db,
             "INSERT INTO risk_trouble WITH RECURSIVE s AS (SELECT 2 n UNION ALL SELECT n + 1"
             " FROM s WHERE n < 1001) SELECT 'a.com', n, UTC_TIMESTAMP(6) FROM s");
    reads = look_reads(1);
    cr_expect_lt(reads, 40, "%d rows", (int)reads);
    list_sql(fx.db, "INSERT INTO risk_report SELECT purse_id, domain, 0, at, NULL, '' FROM"
                    " risk_trouble");
    reads = look_reads(1);
    cr_expect(reads >= RISK_OTHERS_READ && reads < RISK_OTHERS_READ + 60, "%d rows", (int)reads);
}

/* ---- usage ---- */

static void expect_usage(const char *label, uint64_t purse, const struct risk_usage *want)
{
    struct risk_usage is;
    good(store_risk_usage(fx.db, purse, &is), label);
    cr_expect_eq(is.total, want->total, "%s: total %d", label, (int)is.total);
    cr_expect_eq(is.period, want->period, "%s: period %d", label, (int)is.period);
    cr_expect_eq(is.blocks, want->blocks, "%s: blocks %d", label, (int)is.blocks);
    cr_expect_eq(is.flags, want->flags, "%s: flags %d", label, (int)is.flags);
    cr_expect_eq(is.allows, want->allows, "%s: allows %d", label, (int)is.allows);
    cr_expect_float_eq(is.latency_ms, want->latency_ms, 1e-9, "%s: %f", label, is.latency_ms);
    cr_expect_float_eq(is.cache_hit_rate, want->cache_hit_rate, 1e-9, "%s: %f", label,
                       is.cache_hit_rate);
}

Test(store_risk, usage)
{
    struct risk_check group[4] = {
        check_of(1, "a.com", RISK_ALLOWED), check_of(1, "a.com", RISK_BLOCKED),
        check_of(1, "b.com", RISK_FLAGGED), check_of(1, "", RISK_BLOCKED)};
    group[0].cached = true;
    group[0].latency_ms = 0;
    group[1].latency_ms = -5; /* a clock that went back */
    expect_usage("nothing yet", 1, &(struct risk_usage){0});
    good(store_risk_checks_add(fx.db, group, 0), "none");
    good(store_risk_checks_add(fx.db, group, COUNT_OF(group)), "four");
    expect_usage("four", 1, &(struct risk_usage){4, 4, 2, 1, 1, 20, 0.25});
    list_sql(fx.db, "UPDATE risk_usage SET period = period - 100");
    expect_usage("last year's", 1, &(struct risk_usage){.total = 4});
    check(1, "a.com", RISK_ALLOWED);
    expect_usage("and a new one", 1, &(struct risk_usage){5, 1, 0, 0, 1, 40, 0});
    expect_usage("another account", 2, &(struct risk_usage){0});
}

Test(store_risk, no_bound_is_stepped_over)
{
    char domain[RISK_DOMAIN_MAX + 1], signals[RISK_SIGNALS_MAX + 50];
    memset(domain, 'd', RISK_DOMAIN_MAX);
    domain[RISK_DOMAIN_MAX] = '\0';
    memset(signals, 's', sizeof(signals) - 1);
    signals[sizeof(signals) - 1] = '\0';
    struct risk_check one = {1,     domain, RISK_BLOCKED, 100, signals, INT64_MAX / 4,
                             false, true,   true};
    good(store_risk_check_add(fx.db, &one), "the longest");
    report(2, domain, RISK_CONFIRMED_THROWAWAY);
    cr_expect(add(1, RISK_LIST_BLOCK, domain));
    cr_expect_eq(list_number(fx.db, "SELECT LENGTH(signals) FROM risk_check"), RISK_SIGNALS_MAX);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM risk_trouble"), 1);
}

/* ---- what is kept, and what goes ---- */

static void expect_kept(const char *label, const char *domain, const char *body)
{
    struct strbuf out = {0};
    int64_t age_s = -1;
    bool found = false;
    good(store_risk_kept_get(fx.db, domain, &out, &age_s, &found), label);
    cr_expect_eq(found, body != NULL, "%s", label);
    cr_expect_str_eq(strbuf_text(&out), body != NULL ? body : "", "%s", label);
    cr_expect(age_s >= 0 && age_s < 100, "%s: age %d", label, (int)age_s);
    strbuf_free(&out);
}

Test(store_risk, kept)
{
    static char large[8192];
    int64_t age_s;
    bool found;
    struct strbuf out = {0};
    uint64_t purged = 9;
    expect_kept("nothing yet", "a.com", NULL);
    good(store_risk_kept_put(fx.db, "a.com", "one", 3, 3600), "put");
    good(store_risk_kept_put(fx.db, "b.com", large, sizeof(large), 3600), "put");
    expect_kept("there", "a.com", "one");
    good(store_risk_kept_put(fx.db, "a.com", "two", 3, 3600), "put");
    expect_kept("replaced", "a.com", "two");
    list_sql(fx.db, "UPDATE risk_kept SET kept = kept - INTERVAL 61 SECOND WHERE domain = 'a.com'");
    good(store_risk_kept_get(fx.db, "a.com", &out, &age_s, &found), "age");
    cr_expect(age_s >= 61 && age_s < 100, "%d", (int)age_s);
    strbuf_free(&out);
    good(store_risk_purge(fx.db, &purged), "purge");
    cr_expect_eq(purged, 0);
    list_sql(fx.db, "UPDATE risk_kept SET expires = UTC_TIMESTAMP(6) WHERE domain = 'a.com'");
    expect_kept("over", "a.com", NULL);
    good(store_risk_purge(fx.db, &purged), "purge");
    cr_expect_eq(purged, 1);
    cr_expect_eq(list_number(fx.db, "SELECT LENGTH(body) FROM risk_kept"), 8192);
}

Test(store_risk, old_checks_go)
{
    uint64_t purged = 9;
    check(1, "a.com", RISK_BLOCKED);
    check(1, "b.com", RISK_BLOCKED);
    check(2, "a.com", RISK_ALLOWED);
    list_sql(fx.db, "UPDATE risk_check SET at = at - INTERVAL 40 DAY WHERE domain = 'a.com'");
    list_sql(fx.db, "UPDATE risk_trouble SET at = at - INTERVAL 40 DAY WHERE domain = 'a.com'");
    good(store_risk_purge_checks(fx.db, 41, &purged), "none is so old");
    cr_expect_eq(purged, 0);
    good(store_risk_purge_checks(fx.db, 39, &purged), "three rows are");
    cr_expect_eq(purged, 3);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM risk_check WHERE domain = 'b.com'"), 1);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM risk_trouble"), 1);
    expect_usage("what was used stays", 1, &(struct risk_usage){2, 2, 2, 0, 0, 40, 0});
}

static int64_t rows_of(uint64_t purse)
{
    static const char *const tables[] = {"risk_purse", "risk_list",   "risk_report",
                                         "risk_check", "risk_usage",  "risk_trouble",
                                         "idem",       "async_check", "risk_profile"};
    int64_t sum = 0;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        char sql[120];
        snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM %s WHERE purse_id = %d", tables[i],
                 (int)purse);
        int64_t rows = list_number(fx.db, sql);
        cr_expect(purse != 1 || rows > 0 || sum == 0, "%s has none", tables[i]);
        sum += rows;
    }
    return sum;
}

Test(store_risk, an_account_is_erased)
{
    struct risk_check many[RISK_CHECKS_MAX];
    uint64_t erased = 0;
    for (uint64_t purse = 1; purse <= 2; purse++) {
        for (size_t i = 0; i < RISK_CHECKS_MAX; i++)
            many[i] = check_of(purse, "a.com", RISK_BLOCKED);
        for (int i = 0; i < 11; i++) /* more than one portion */
            good(store_risk_checks_add(fx.db, many, RISK_CHECKS_MAX), "many");
        add(purse, RISK_LIST_ALLOW, "b.com");
        report(purse, "c.com", RISK_CONFIRMED_THROWAWAY);
    }
    list_sql(fx.db, "INSERT INTO idem VALUES (1, REPEAT('k', 32), REPEAT('r', 32), REPEAT('o', 16),"
                    " 0, 0, NULL, NULL, UTC_TIMESTAMP())");
    list_sql(fx.db, "INSERT INTO async_check VALUES (REPEAT('i', 16), 1, REPEAT('b', 16), 0, 'x',"
                    " UTC_TIMESTAMP(), NULL, 0, 0, 0, UTC_TIMESTAMP(), NULL)");
    good(store_risk_profile_set(fx.db, 1, 2), "profile");
    int64_t others = rows_of(2);
    cr_expect_eq(rows_of(1), others + 3);
    good(store_risk_erase(fx.db, 1, &erased), "erase");
    cr_expect_eq((int64_t)erased, others + 3);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM risk_check WHERE purse_id = 1"), 0);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM async_check"), 0);
    cr_expect_eq(rows_of(2), others, "nobody else's");
    good(store_risk_erase(fx.db, 1, &erased), "again");
    cr_expect_eq(erased, 0);
}

/* Checks of one domain by many at once: each is counted, in the right sums. */
static void *check_many(void *arg)
{
    uint64_t purse = *(const uint64_t *)arg % 2 + 1;
    struct db *db = db_borrow(fx.pool);
    for (int i = 0; i < EACH; i++) {
        struct risk_check group[3] = {check_of(purse, "a.com", RISK_BLOCKED),
                                      check_of(purse, "c.com", RISK_BLOCKED),
                                      check_of(purse, "b.com", RISK_BLOCKED)};
        if (store_risk_checks_add(db, group, COUNT_OF(group)) != DB_OK)
            *(uint64_t *)arg = UINT64_MAX;
    }
    db_return(fx.pool, &db);
    return NULL;
}

Test(store_risk, counted_in_a_crowd)
{
    pthread_t threads[ADDERS];
    uint64_t numbers[ADDERS];
    for (size_t i = 0; i < ADDERS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, check_many, &numbers[i]);
    }
    for (size_t i = 0; i < ADDERS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(numbers[i], i);
    }
    struct risk_usage want = {72, 72, 72, 0, 0, 40, 0};
    expect_usage("one half", 1, &want);
    expect_usage("the other", 2, &want);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM risk_trouble"), 6);
}

/* ---- plans ---- */

Test(store_risk, plans)
{
    static const struct {
        const char *id;
        int64_t credits;
    } rows[] = {{"free", 100}, {"starter", 5000}, {"growth", 50000}, {"scale", 250000}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct plan plan;
        bool found = false;
        good(store_plan_find(fx.db, "verifymail", rows[i].id, &plan, &found), rows[i].id);
        cr_assert(found, "%s", rows[i].id);
        cr_expect_eq(plan.credits, rows[i].credits, "%s", rows[i].id);
        cr_expect_eq(plan.rate_per_minute, 600, "%s", rows[i].id);
        cr_expect(!plan.monthly && plan.api_access && plan.bulk_access, "%s", rows[i].id);
        cr_expect_eq(plan.price_cents == 0, i == 0, "%s", rows[i].id);
    }
}
