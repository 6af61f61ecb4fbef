/* test_store_mx.c - which mail hosts domains share: put, read back, forgotten. */
#include "list_fixture.h"

#include "store/store_mx.h"

static struct shop fx;

enum { DAY_S = 86400 };

static void open_all(void)
{
    shop_open(&fx, 1);
}

static void close_all(void)
{
    shop_close(&fx);
}

TestSuite(store_mx, .init = open_all, .fini = close_all);

static void good(enum db_status status, const char *what)
{
    cr_assert_eq(status, DB_OK, "%s: %d %s", what, (int)status, db_why(fx.db));
}

static void put(const char *mx_domain, const char *domain, bool disposable)
{
    const struct store_mx_member member = {mx_domain, domain, disposable};
    good(store_mx_put(fx.db, &member, 1), domain);
}

static void join(const struct store_mx_member *member, void *arg)
{
    strbuf_printf(arg, "%s<%s%s ", member->mx_domain, member->domain,
                  member->disposable ? "!" : "");
}

static void expect_within(const char *label, int64_t most, int64_t within_s, const char *want)
{
    struct strbuf out = {0};
    good(store_mx_read(fx.db, most, within_s, join, &out), label);
    cr_expect_str_eq(strbuf_text(&out), want, "%s: %s", label, strbuf_text(&out));
    strbuf_free(&out);
}

static void expect(const char *label, int64_t most, const char *want)
{
    expect_within(label, most, 400 * DAY_S, want);
}

/* So that the order in which they were noted is certain. */
static void age_all(void)
{
    list_sql(fx.db, "UPDATE mx_member SET noted = noted - INTERVAL 10 DAY");
}

Test(store_mx, put_and_read)
{
    expect("nothing", 10, "");
    put("hosts.net", "a.com", false);
    age_all();
    put("hosts.net", "b.com", true);
    age_all();
    put("other.net", "a.com", false);
    expect("the newest last", 10, "hosts.net<a.com hosts.net<b.com! other.net<a.com ");
    expect_within("no older than asked for", 10, 15 * DAY_S, "hosts.net<b.com! other.net<a.com ");
    expect("no more than asked for", 2, "hosts.net<b.com! other.net<a.com ");
    age_all();
    put("hosts.net", "a.com", true);
    expect("disposable now", 1, "hosts.net<a.com! ");
    age_all();
    put("hosts.net", "a.com", false);
    expect("and for ever", 1, "hosts.net<a.com! ");
}

Test(store_mx, old_ones_go)
{
    uint64_t gone = 0;
    put("hosts.net", "a.com", false);
    age_all();
    put("hosts.net", "b.com", false);
    good(store_mx_purge(fx.db, 11, &gone), "none");
    cr_expect_eq(gone, 0);
    good(store_mx_purge(fx.db, 9, &gone), "one");
    cr_expect_eq(gone, 1);
    expect("what is left", 10, "hosts.net<b.com ");
}

/* As many as may be, in an order that is not that of the key; the same by two at once. */
struct putter {
    bool backwards;
    enum db_status status;
};

static void *put_many(void *arg)
{
    struct putter *putter = arg;
    struct store_mx_member members[STORE_MX_MOST];
    char names[STORE_MX_MOST][24];
    struct db *db = db_borrow(fx.pool);
    for (int i = 0; i < STORE_MX_MOST; i++) {
        int at = putter->backwards ? STORE_MX_MOST - 1 - i : i;
        snprintf(names[i], sizeof(names[i]), "d%d.com", at);
        members[i] = (struct store_mx_member){"hosts.net", names[i], at % 2 == 0};
    }
    putter->status = DB_OK;
    for (int i = 0; i < 5 && putter->status == DB_OK; i++)
        putter->status = store_mx_put(db, members, STORE_MX_MOST);
    db_return(fx.pool, &db);
    return NULL;
}

Test(store_mx, many_at_once)
{
    struct putter putters[2] = {{.backwards = false}, {.backwards = true}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, put_many, &putters[i]);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(putters[i].status, DB_OK);
    }
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM mx_member"), STORE_MX_MOST);
    cr_expect_eq(list_number(fx.db, "SELECT SUM(disposable) FROM mx_member"), STORE_MX_MOST / 2);
}
