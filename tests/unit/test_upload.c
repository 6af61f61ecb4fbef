/* Files on their way into the database: whole, cut off, wrong, and while the database fails. */
#include "list_fixture.h"

static struct shop fx;

static void open_all(void)
{
    shop_open(&fx, 100);
}

static void close_all(void)
{
    shop_close(&fx);
}

TestSuite(upload, .init = open_all, .fini = close_all);

static void add_rows(struct strbuf *text, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++)
        strbuf_printf(text, "u%zu@shop%zu.example\n", i, i % 7);
}

/* So wide that the reader, which looks at the first rows for a while, hands chunks on early. */
static void add_wide_rows(struct strbuf *text, size_t count)
{
    for (size_t i = 1; i <= count; i++)
        strbuf_printf(text, "u%zu@shop.example,%0200d\n", i, 0);
}

static struct upload *begin(const char *filename)
{
    return upload_new(fx.pool, fx.purse, "cascade", filename, 1000000);
}

/* ---- whole ones ---- */

Test(upload, around_the_size_of_a_chunk)
{
    static const size_t sizes[] = {1, 1023, 1024, 1025, 2048, 3000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct strbuf text = {0};
        char sql[200];
        add_rows(&text, 1, sizes[i]);
        struct job job = list_upload(fx.pool, fx.purse, text.data, text.len);
        struct job now = list_now(fx.db, &job);
        cr_expect_eq(now.state, JOB_READY, "%zu", sizes[i]);
        cr_expect_eq(now.rows, (int64_t)sizes[i], "%zu", sizes[i]);
        cr_expect_eq(now.addresses, (int64_t)sizes[i], "%zu", sizes[i]);
        cr_expect_eq(now.uniques, (int64_t)sizes[i], "%zu", sizes[i]);
        cr_expect_str_eq(now.filename, "list.csv");
        snprintf(sql, sizeof(sql),
                 "SELECT COUNT(*) FROM job_row WHERE address = CONCAT('u', n, '@shop', n %% 7,"
                 " '.example') AND first = n AND turn IS NOT NULL AND n <= %zu",
                 sizes[i]);
        cr_expect_eq(list_number(fx.db, sql), (int64_t)sizes[i], "%zu", sizes[i]);
        cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job_row"), (int64_t)sizes[i], "%zu",
                     sizes[i]);
        list_sql(fx.db, "DELETE FROM job_row");
        list_sql(fx.db, "DELETE FROM job");
        strbuf_free(&text);
    }
}

/* The first row of an address is asked about, its others point to it, chunks or not. */
Test(upload, duplicates)
{
    struct strbuf text = {0};
    strbuf_adds(&text, "name,email\nAnn,ann@a.example\nnobody,\n");
    for (size_t i = 3; i <= 2000; i++)
        strbuf_printf(&text, "x,u%zu@shop.example\n", i);
    strbuf_adds(&text, "Ann again,ANN@A.example\nnobody,nothing\nthree,u3@shop.example\n");
    struct job job = list_upload(fx.pool, fx.purse, text.data, text.len);
    cr_expect_eq(job.rows, 2003);
    cr_expect_eq(job.addresses, 2001, "%d addresses", (int)job.addresses);
    cr_expect_eq(job.uniques, 1999, "%d unique", (int)job.uniques);
    cr_expect_eq(list_number(fx.db, "SELECT first FROM job_row WHERE n = 2001"), 1);
    cr_expect_eq(list_number(fx.db, "SELECT first FROM job_row WHERE n = 2003"), 3);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job_row WHERE turn IS NOT NULL"), 1999);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job_row WHERE first IS NULL AND"
                                    " address IS NULL AND turn IS NULL AND n IN (2, 2002)"),
                 2);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job_header WHERE cells = 'name,email'"),
                 1);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job_row WHERE cells IS NULL"), 0);
    strbuf_free(&text);
}

/* Longer than a thousand rows may be in one statement, were they not cut by their size. */
Test(upload, rows_of_a_hundred_kilobytes)
{
    enum { ROWS = 40, LONG = 50 * 1024 };
    struct strbuf text = {0};
    strbuf_adds(&text, "email,note,more\n");
    for (size_t i = 1; i <= ROWS; i++) {
        strbuf_printf(&text, "u%zu@shop.example,", i);
        memset(strbuf_extend(&text, LONG), 'x', LONG);
        strbuf_adds(&text, ",");
        memset(strbuf_extend(&text, LONG), 'y', LONG);
        strbuf_adds(&text, "\n");
    }
    struct job job = list_upload(fx.pool, fx.purse, text.data, text.len);
    cr_expect_eq(job.rows, ROWS);
    cr_expect_eq(list_number(fx.db,
                             "SELECT COUNT(*) FROM job_row WHERE cells = CONCAT(address, ',',"
                             " REPEAT('x', 51200), ',', REPEAT('y', 51200))"),
                 ROWS);
    strbuf_free(&text);
}

static const struct {
    const char *label, *given, *kept;
} names[] = {
    {"plain", "clients.csv", "clients.csv"},
    {"a path", "/home/me/clients.csv", "clients.csv"},
    {"a path of Windows", "C:\\Users\\me\\clients.csv", "clients.csv"},
    {"both", "C:\\Users/me\\clients.csv", "clients.csv"},
    {"both, the other way", "a/b\\c/clients.csv", "clients.csv"},
    {"nothing but a folder", "folder/", ""},
    {"empty", "", ""},
    {"UTF-8", "\xC3\xBC\xE4\xBD\xA0.csv", "\xC3\xBC\xE4\xBD\xA0.csv"},
    {"bad UTF-8", "a\xFF\xC3.csv\xE4\xBD", "a.csv"},
    {"controls", "a\x1B[31m\r\n\t\x7F.csv", "a[31m.csv"},
    {"controls that are two bytes",
     "a\xC2\x9B"
     "31m.csv",
     "a31m.csv"},
    {"text turned around", "fdp\xE2\x80\xAEvsc.exe", "fdpvsc.exe"},
    {"markup stays what it is", "<b>\"'&.csv", "<b>\"'&.csv"},
};

Test(upload, file_names)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct job job;
        struct upload *upload = begin(names[i].given);
        cr_assert(upload_feed(upload, "a@b.example", 11));
        cr_assert_eq(upload_finish(upload, &job), UPLOAD_OK);
        upload_free(&upload);
        cr_expect_str_eq(list_now(fx.db, &job).filename, names[i].kept, "%s", names[i].label);
    }
}

Test(upload, file_names_that_are_too_long)
{
    char name[400];
    struct job job;
    for (size_t wide = 0; wide < 3; wide++) { /* where the cut falls */
        memset(name, 'x', sizeof(name));
        for (size_t at = wide; at + 3 < 300; at += 3)
            memcpy(name + at, "\xE4\xBD\xA0", 3);
        memcpy(name + 297, "end", 4);
        struct upload *upload = begin(name);
        cr_assert(upload_feed(upload, "a@b.example", 11));
        cr_assert_eq(upload_finish(upload, &job), UPLOAD_OK);
        upload_free(&upload);
        struct job now = list_now(fx.db, &job);
        size_t len = strlen(now.filename);
        cr_expect(len > 252 && len <= JOB_FILENAME_MAX, "%zu", len);
        cr_expect(strncmp(now.filename, name, len) == 0, "%zu: not the beginning", wide);
    }
}

Test(upload, no_file_name)
{
    struct job job;
    struct upload *upload = begin(NULL);
    cr_assert(upload_feed(upload, "a@b.example", 11));
    cr_assert_eq(upload_finish(upload, &job), UPLOAD_OK);
    upload_free(&upload);
    cr_expect_str_eq(list_now(fx.db, &job).filename, "");
}

/* What stands in a column's head is shown to people, too. */
Test(upload, the_name_of_the_column_is_cleaned)
{
    static const char text[] = "kunde\x1B[2J\xC2\x9B\na@b.example\n";
    struct job job = list_upload(fx.pool, fx.purse, text, sizeof(text) - 1);
    for (const char *at = list_now(fx.db, &job).column_name; *at != '\0'; at++)
        cr_expect((unsigned char)*at >= 0x20, "a control character");
}

/* ---- those that come to nothing ---- */

static int64_t visible(void)
{
    int64_t count = -1;
    cr_assert_eq(store_job_count(fx.db, fx.purse, &count), DB_OK);
    return count;
}

static const struct {
    const char *label, *text;
    int64_t max_rows;
    enum upload_result result;
    const char *why; /* a part of it */
} wrong[] = {
    {"nothing", "", 100, UPLOAD_EMPTY, ""},
    {"blank lines", "\n\n  \n", 100, UPLOAD_EMPTY, ""},
    {"a header alone", "email,name\n", 100, UPLOAD_EMPTY, ""},
    {"no address", "name,town\nAnn,Rome\n", 100, UPLOAD_EMPTY, ""},
    {"one row too many", "a@b.example\nb@b.example\nc@b.example\n", 2, UPLOAD_BAD, "2"},
    {"a quote that is never closed", "email,x\na@b.example,\"open\nb@b.example,y\n", 100,
     UPLOAD_BAD, "quot"},
};

Test(upload, wrong_files)
{
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct job job;
        struct upload *upload = upload_new(fx.pool, fx.purse, "cascade", NULL, wrong[i].max_rows);
        upload_feed(upload, wrong[i].text, strlen(wrong[i].text));
        cr_expect_eq(upload_finish(upload, &job), wrong[i].result, "%s", wrong[i].label);
        cr_expect_not_null(strstr(upload_why(upload), wrong[i].why), "%s: %s", wrong[i].label,
                           upload_why(upload));
        cr_expect_not(upload_feed(upload, "z@z.example\n", 12), "%s", wrong[i].label);
        upload_free(&upload);
        cr_expect_eq(visible(), 0, "%s", wrong[i].label);
    }
}

/* Wrong at its end, when thousands of rows are stored. */
Test(upload, wrong_far_below)
{
    struct strbuf text = {0};
    struct job job;
    add_wide_rows(&text, 2500);
    struct upload *upload = upload_new(fx.pool, fx.purse, "cascade", NULL, 2400);
    cr_expect_not(upload_feed(upload, text.data, text.len));
    cr_expect_eq(upload_finish(upload, &job), UPLOAD_BAD);
    upload_free(&upload);
    cr_expect_eq(visible(), 0);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job WHERE state = 6 AND leftovers = 1"),
                 1);
    strbuf_free(&text);
}

Test(upload, abandoned)
{
    struct strbuf text = {0};
    add_wide_rows(&text, 1500);
    struct upload *upload = begin("a.csv");
    cr_assert(upload_feed(upload, text.data, 1000)); /* not one chunk */
    upload_free(&upload);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job"), 0);
    upload = begin("a.csv");
    cr_assert(upload_feed(upload, text.data, text.len));
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job WHERE state = 0"), 1);
    cr_expect_eq(visible(), 0, "it is seen while it loads");
    upload_free(&upload);
    cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job WHERE state = 6 AND leftovers = 1"),
                 1);
    upload_free(&upload); /* NULL */
    strbuf_free(&text);
}

/* ---- while the database fails ---- */

enum { FAULT_ROWS = 1025 };

static enum upload_result try_upload(const struct strbuf *text, struct job *job)
{
    struct upload *upload = begin("a.csv");
    upload_feed(upload, text->data, text->len);
    enum upload_result result = upload_finish(upload, job);
    upload_free(&upload);
    return result;
}

/* One statement fails, before or after it took effect: the file is there once, and whole. */
Test(upload, one_fault_anywhere, .timeout = 120)
{
    static const unsigned errors[] = {2013, 1213};
    struct strbuf text = {0};
    add_rows(&text, 1, FAULT_ROWS);
    int tried = 0;
    struct db *warm = db_borrow(fx.pool); /* its connection is made */
    db_return(fx.pool, &warm);
    for (size_t e = 0; e < COUNT_OF(errors); e++)
        for (int after = 0; after < 2 - (int)e; after++)
            for (int at = 1;; at += at < 9 ? 1 : 3) {
                list_sql(fx.db, "DELETE FROM job_row");
                list_sql(fx.db, "DELETE FROM job");
                struct fixture_fault fault = {
                    .error = errors[e], .after = after == 1, .at = at, .times = 1};
                struct job job;
                db_test_fault(fixture_fault_fn, &fault);
                enum upload_result result = try_upload(&text, &job);
                db_test_fault(NULL, NULL);
                if (fault.times > 0)
                    break; /* behind the last statement */
                tried++;
                cr_assert_eq(result, UPLOAD_OK, "error %u at %d", errors[e], at);
                struct job now = list_now(fx.db, &job);
                cr_expect_eq(now.rows, FAULT_ROWS, "error %u at %d", errors[e], at);
                cr_expect_eq(visible(), 1, "error %u at %d", errors[e], at);
                cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job_row"), FAULT_ROWS,
                             "error %u at %d", errors[e], at);
            }
    cr_expect_gt(tried, 25, "%d", tried);
    strbuf_free(&text);
}

/* It goes away in the middle of a file, and is back when the file is forgotten. */
Test(upload, a_database_that_goes_away, .timeout = 120)
{
    struct strbuf text = {0};
    add_wide_rows(&text, 2500);
    for (int at = 1; at < 16; at += 6) {
        struct fixture_fault fault = {.error = 2006, .at = at, .times = 1 << 30};
        struct job job;
        struct upload *upload = begin("a.csv");
        db_test_fault(fixture_fault_fn, &fault);
        bool fed = upload_feed(upload, text.data, text.len);
        cr_expect_eq(upload_finish(upload, &job), UPLOAD_FAILED, "from %d on", at);
        cr_expect_not(fed, "from %d on", at);
        cr_expect_not(upload_feed(upload, "z@z.example\n", 12), "from %d on", at);
        db_test_fault(NULL, NULL);
        upload_free(&upload);
        cr_expect_eq(visible(), 0, "from %d on", at);
        cr_expect_eq(list_number(fx.db, "SELECT COUNT(*) FROM job WHERE state <> 6"), 0,
                     "from %d on: it loads for ever", at);
    }
    strbuf_free(&text);
}

/* Nobody is there at all. */
Test(upload, no_database, .timeout = 60)
{
    struct database_settings nowhere = database_settings;
    struct job job;
    nowhere.socket = "/nonexistent/sock";
    struct db_pool *pool = db_pool_new(&nowhere);
    struct upload *upload = upload_new(pool, fx.purse, "cascade", "a.csv", 100);
    cr_expect(upload_feed(upload, "a@b.example", 11)); /* it waits in memory */
    cr_expect_eq(upload_finish(upload, &job), UPLOAD_FAILED);
    upload_free(&upload);
    db_pool_free(&pool);
}
