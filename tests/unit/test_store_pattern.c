/* Patterns of domains as rows: counted, told of their domain and their provider, purged. */
#include "list_fixture.h"

#include "store/store_pattern.h"

static struct shop fx;

static void open_all(void)
{
    shop_open(&fx, 1);
}

static void close_all(void)
{
    shop_close(&fx);
}

TestSuite(store_pattern, .init = open_all, .fini = close_all);

static void add(struct strbuf *out, const struct pattern_row *row)
{
    strbuf_printf(out, "%s %s %s %lld;", row->domain, row->pattern, row->provider,
                  (long long)row->confirmed);
}

static void on_row(const struct pattern_row *row, void *arg)
{
    add(arg, row);
}

static void confirm(struct pattern_row *rows, size_t count)
{
    cr_assert_eq(store_pattern_confirm(fx.db, rows, count), DB_OK, "%s", db_why(fx.db));
}

static void expect_domains(const char *label, const char *const *domains, size_t count,
                           const char *want)
{
    struct strbuf out = {0};
    cr_assert_eq(store_pattern_get(fx.db, domains, count, on_row, &out), DB_OK, "%s",
                 db_why(fx.db));
    cr_expect_str_eq(strbuf_text(&out), want, "%s: %s", label, strbuf_text(&out));
    strbuf_free(&out);
}

Test(store_pattern, counted)
{
    const char *both[] = {"brook.com", "quarry.com"}, *none[] = {"gone.com"};
    struct pattern_row first[] = {{"quarry.com", "flast", "Google Workspace", 1},
                                  {"brook.com", "first.last", "", 2},
                                  {"quarry.com", "first", "Google Workspace", 1}};
    struct pattern_row second[] = {{"quarry.com", "flast", "Microsoft 365", 3}};
    expect_domains("nothing yet", both, 2, "");
    confirm(first, 3);
    expect_domains("one at a time", &both[0], 1, "brook.com first.last  2;");
    confirm(second, 1);
    expect_domains("added to, the provider is the newest", both, 2,
                   "brook.com first.last  2;quarry.com first Google Workspace 1;"
                   "quarry.com flast Microsoft 365 4;");
    expect_domains("another domain", none, 1, "");
}

Test(store_pattern, a_count_has_an_end)
{
    const char *domain = "quarry.com";
    struct pattern_row rows[] = {{"quarry.com", "flast", "", 999999}};
    confirm(rows, 1);
    confirm(rows, 1);
    expect_domains("a million", &domain, 1, "quarry.com flast  1000000;");
}

/* As many as one call may have, in any order. */
Test(store_pattern, many)
{
    struct pattern_row rows[PATTERN_ROWS_MAX];
    const char *domains[PATTERN_DOMAINS_MAX];
    char names[PATTERN_ROWS_MAX][20];
    for (int i = 0; i < PATTERN_ROWS_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "shop%d.com", (i * 37) % PATTERN_ROWS_MAX);
        rows[i] = (struct pattern_row){names[i], "first.last", "Zoho", 1};
    }
    for (int i = 0; i < PATTERN_DOMAINS_MAX; i++)
        domains[i] = names[i];
    confirm(rows, PATTERN_ROWS_MAX);
    struct strbuf out = {0};
    cr_assert_eq(store_pattern_get(fx.db, domains, PATTERN_DOMAINS_MAX, on_row, &out), DB_OK);
    size_t found = 0;
    for (const char *at = strbuf_text(&out); (at = strchr(at, ';')) != NULL; at++)
        found++;
    cr_expect_eq(found, PATTERN_DOMAINS_MAX);
    strbuf_free(&out);
    cr_assert_eq(store_pattern_providers(fx.db, on_row, &out), DB_OK);
    cr_expect_str_eq(strbuf_text(&out), " first.last Zoho 100;");
    strbuf_free(&out);
}

/* A domain counts once, however often its pattern was confirmed; unknown providers do not count. */
Test(store_pattern, providers)
{
    struct pattern_row rows[] = {
        {"a.com", "flast", "Zoho", 9}, {"b.com", "flast", "Zoho", 1},
        {"b.com", "first", "Zoho", 1}, {"c.com", "flast", "Yahoo", 5},
        {"d.com", "flast", "", 5},
    };
    struct strbuf out = {0};
    confirm(rows, COUNT_OF(rows));
    cr_assert_eq(store_pattern_providers(fx.db, on_row, &out), DB_OK, "%s", db_why(fx.db));
    cr_expect_str_eq(strbuf_text(&out), " flast Yahoo 1; first Zoho 1; flast Zoho 2;", "%s",
                     strbuf_text(&out));
    strbuf_free(&out);
}

Test(store_pattern, purged)
{
    const char *domains[] = {"new.com", "old.com"};
    struct pattern_row rows[] = {{"old.com", "flast", "", 1}, {"new.com", "flast", "", 1}};
    uint64_t purged = 0;
    confirm(rows, 2);
    cr_assert_eq(db_exec(fx.db,
                         "UPDATE domain_pattern SET confirmed_at = UTC_TIMESTAMP(6) - INTERVAL 40"
                         " DAY WHERE domain = 'old.com'",
                         NULL, 0, NULL),
                 DB_OK);
    cr_assert_eq(store_pattern_purge(fx.db, 41, &purged), DB_OK);
    cr_expect_eq(purged, 0);
    cr_assert_eq(store_pattern_purge(fx.db, 39, &purged), DB_OK);
    cr_expect_eq(purged, 1);
    expect_domains("the new one stays", domains, 2, "new.com flast  1;");
}
