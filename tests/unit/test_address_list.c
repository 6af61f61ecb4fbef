/* Lists of addresses named one by one: every one a row, whatever it is; all of them, or none. */
#include "list_fixture.h"

#include "jobs/address_list.h"

static struct shop fx;

static void open_all(void)
{
    shop_open(&fx, 10000);
}

static void close_all(void)
{
    shop_close(&fx);
}

TestSuite(address_list, .init = open_all, .fini = close_all);

static struct address_list *begin(void)
{
    return address_list_new(fx.pool, fx.purse, "cascade");
}

static void add(struct address_list *list, const char *text)
{
    cr_assert(address_list_add(list, text, strlen(text)));
}

/* Finished and freed. */
static struct job done(struct address_list *list)
{
    struct job job;
    cr_assert(address_list_finish(list, &job));
    address_list_free(&list);
    cr_assert_null(list);
    return job;
}

Test(address_list, every_entry_is_a_row)
{
    static const char *const entries[] = {"a@b.example",    "a@b.example",        "", "A@B.example",
                                          "not an address", "\xC3\xBC@b.example", ""};
    struct address_list *list = begin();
    for (size_t i = 0; i < COUNT_OF(entries); i++)
        add(list, entries[i]);
    cr_assert(address_list_add(list, "x\0y@b.example", 13));
    struct job job = done(list);
    struct job now = list_now(fx.db, &job);
    cr_expect_eq(now.state, JOB_READY);
    cr_expect_eq(now.rows, 8);
    cr_expect_eq(now.addresses, 8);
    cr_expect_eq(now.uniques, 8);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job_row WHERE first = n AND turn IS NOT"
                                    " NULL AND cells IS NULL AND address IS NOT NULL"),
                 8);
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        char sql[200];
        snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM job_row WHERE n = %zu AND address = '%s'",
                 i + 1, entries[i]);
        cr_expect_eq(list_number(fx.db, sql), 1, "%s", entries[i]);
    }
    cr_expect_eq(list_number(fx.db, "SELECT LENGTH(address) FROM job_row WHERE n = 8"), 13);
}

/* Each is asked about and paid for. */
Test(address_list, holds_the_price_of_every_entry)
{
    struct address_list *list = begin();
    for (int i = 0; i < 5; i++)
        add(list, i < 3 ? "same@b.example" : "");
    struct job job = done(list);
    list_start(fx.db, &job, -1);
    cr_expect_eq(fixture_balance(fx.db, "shop").held, 5);
    cr_expect_eq(list_now(fx.db, &job).total, 5);
    enum job_outcome outcome;
    cr_assert_eq(store_job_cancel(fx.db, fx.purse, job.id, &cascade_ops, &outcome), DB_OK);
}

Test(address_list, around_the_size_of_a_chunk)
{
    static const size_t sizes[] = {1, 1023, 1024, 1025, 2048, 3000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct address_list *list = begin();
        char text[64];
        for (size_t n = 1; n <= sizes[i]; n++) {
            snprintf(text, sizeof(text), "u%zu@shop.example", n);
            add(list, text);
        }
        struct job job = done(list);
        cr_expect_eq(list_now(fx.db, &job).rows, (int64_t)sizes[i]);
        cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job_row WHERE address ="
                                        " CONCAT('u', n, '@shop.example')"),
                     (int64_t)sizes[i], "%zu", sizes[i]);
        list_sql(fx.db, "DELETE FROM job_row");
        list_sql(fx.db, "DELETE FROM job");
    }
}

/* 320 characters may have 1,280 bytes; a row takes 1,024. */
Test(address_list, cut_between_two_characters)
{
    static const struct {
        const char *label, *character;
        size_t count, kept;
    } rows[] = {
        {"one byte, as much as fits", "x", 1024, 1024}, {"one byte, one more", "x", 1025, 1024},
        {"two bytes", "\xC3\xBC", 600, 1024},           {"three bytes", "\xE4\xBD\xA0", 342, 1023},
        {"four bytes", "\xF0\x9F\x98\x80", 320, 1024},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf text = {0};
        struct address_list *list = begin();
        for (size_t n = 0; n < rows[i].count; n++)
            strbuf_adds(&text, rows[i].character);
        add(list, strbuf_text(&text));
        done(list);
        cr_expect_eq(list_number(fx.db, "SELECT LENGTH(address) FROM job_row"),
                     (int64_t)rows[i].kept, "%s", rows[i].label);
        list_sql(fx.db, "DELETE FROM job_row");
        list_sql(fx.db, "DELETE FROM job");
        strbuf_free(&text);
    }
}

/* Rows of one domain share turns; a list of one domain has many of them all the same. */
Test(address_list, turns_spread_a_domain)
{
    struct address_list *list = begin();
    for (int i = 0; i < 1000; i++)
        add(list, "u@shop.example");
    done(list);
    int64_t turns = list_number(fx.db, "SELECT COUNT(DISTINCT turn) FROM job_row");
    cr_expect(turns >= 1000 / 16 - 2 && turns <= 1000 / 16 + 2, "%d turns", (int)turns);
}

static void expect_forgotten(const char *label)
{
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job WHERE state <> 6"), 0, "%s", label);
}

Test(address_list, not_finished_is_not_there)
{
    struct address_list *list = begin();
    address_list_free(&list);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job"), 0, "nothing was stored");
    list = begin();
    for (int i = 0; i < 1500; i++)
        add(list, "u@shop.example");
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job WHERE state = 0"), 1);
    address_list_free(&list);
    expect_forgotten("given up");
}

static unsigned fails_at(const char *sql, bool after, void *arg)
{
    (void)after;
    return strncmp(sql, arg, strlen(arg)) == 0 ? 1146 : 0;
}

/* The database takes nothing: at the first chunk, and at the last word. */
Test(address_list, the_database_fails)
{
    static const char *const faults[] = {"INSERT INTO job_row",
                                         "UPDATE job FORCE INDEX (PRIMARY) SET state = 1"};
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct address_list *list = begin();
        struct job job;
        db_test_fault(fails_at, (void *)faults[i]);
        bool fine = true;
        for (int n = 0; n < 1024 && fine; n++)
            fine = address_list_add(list, "u@shop.example", 14);
        cr_expect_eq(fine, i == 1, "%s", faults[i]);
        if (fine)
            cr_expect_not(address_list_finish(list, &job), "%s", faults[i]);
        db_test_fault(NULL, NULL);
        address_list_free(&list);
        expect_forgotten(faults[i]);
    }
}
