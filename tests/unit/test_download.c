/* Results as files: every format and option, rows of every kind, and a database that fails. */
#include "list_fixture.h"

#include "jobs/download.h"
#include "model/facts_codec.h"

static struct shop fx;

static void open_all(void)
{
    shop_open(&fx, 5000);
}

static void close_all(void)
{
    shop_close(&fx);
}

TestSuite(download, .init = open_all, .fini = close_all);

/* ---- results without a network ---- */

struct batch {
    struct work_group group;
    uint32_t n[WORK_GROUP_MAX];
    struct work_result results[WORK_GROUP_MAX];
    struct strbuf facts[WORK_GROUP_MAX];
    bool second; /* the run that asks again */
};

/* "yes..." is deliverable, "dim..." unknown (in a second run deliverable), others undeliverable. */
static void settle_item(const struct work_item *item, void *arg)
{
    struct batch *batch = arg;
    struct facts *facts = facts_new();
    size_t i = batch->group.count++;
    char text[8] = "";
    memcpy(text, item->address, item->address_len < 3 ? item->address_len : 3);
    bool dim = strcmp(text, "dim") == 0, yes = strcmp(text, "yes") == 0 || (dim && batch->second);
    struct verdict verdict = {VERDICT_UNDELIVERABLE, REASON_NO_SUCH_MAILBOX, ASKED_YES};
    if (yes)
        verdict = (struct verdict){VERDICT_DELIVERABLE, REASON_ACCEPTED, ASKED_YES};
    else if (dim)
        verdict = (struct verdict){VERDICT_UNKNOWN, REASON_TIMEOUT, ASKED_COULD_NOT};
    facts->smtp_asked = true;
    facts->smtp.connect = CONNECT_OK;
    facts->smtp.rcpt.code = yes ? 250 : dim ? 0 : 550;
    facts_encode(facts, &batch->facts[i]);
    memcpy(batch->group.batch_id, item->batch_id, STORE_ID_LEN);
    batch->n[i] = item->n;
    batch->group.epoch = item->epoch;
    batch->results[i] = (struct work_result){.verdict = (int)verdict.status,
                                             .reason = (int)verdict.reason,
                                             .status = cascade_status_of(facts, &verdict),
                                             .score = 5,
                                             .billable = true,
                                             .facts = batch->facts[i].data,
                                             .facts_len = batch->facts[i].len};
    facts_free(&facts);
}

/* Feeds and settles at most `most` addresses. */
static void settle_some(const struct job *job, size_t most, bool second)
{
    static const uint8_t owner[STORE_ID_LEN] = "download";
    struct batch *batch = NEW(struct batch);
    for (size_t given = 1; most > 0 && given > 0; most -= given) {
        size_t want = most < WORK_GROUP_MAX ? most : WORK_GROUP_MAX;
        *batch = (struct batch){.second = second};
        batch->group.n = batch->n;
        memcpy(batch->group.owner, owner, STORE_ID_LEN);
        cr_assert_eq(
            store_work_feed(fx.db, job->id, owner, 60000, want, settle_item, batch, &given), DB_OK);
        struct work_settle settle = {.group = batch->group, .results = batch->results};
        store_id_new(settle.ref);
        if (given > 0)
            cr_assert_eq(store_work_settle(fx.db, &settle), DB_OK, "%s", db_why(fx.db));
        for (size_t i = 0; i < given; i++)
            strbuf_free(&batch->facts[i]);
    }
    free(batch);
}

static struct job finished_list(const char *text, size_t len)
{
    struct job job = list_upload(fx.pool, fx.purse, text, len);
    bool closed = false;
    list_start(fx.db, &job, -1);
    settle_some(&job, SIZE_MAX, false);
    cr_assert_eq(store_job_close(fx.db, job.id, &cascade_ops, &closed), DB_OK);
    cr_assert(closed);
    return list_now(fx.db, &job);
}

static void download_whole(const struct job *job, const struct download_options *options,
                           struct strbuf *out)
{
    struct download *download = download_new(job, &cascade_ops, options);
    for (bool more = true; more;)
        cr_assert_eq(download_next(download, fx.db, out, &more), DB_OK, "%s", db_why(fx.db));
    download_free(&download);
}

/* ---- formats and options ---- */

#define HEAD "email,domain,status,status_detail,score,is_catchall,is_disposable,is_role_account"

/* A header of three, short and long rows, a row without an address, a duplicate, a formula. */
static const char people[] = "Name,E-Mail,Town\n"
                             "Ann,yes1@a.example,Rome\n"
                             "Bob,no2@a.example\n"
                             "Cid,,Bari\n"
                             "=Dan,dim4@a.example,\"Bari, Italy\"\n"
                             "Eve,YES1@a.example,Pisa,and,more\n";

enum { U_DELIVERABLE = 1 << CASCADE_DELIVERABLE, U_UNKNOWN = 1 << CASCADE_UNKNOWN };

static const struct {
    const char *label;
    struct download_options options;
    size_t lines;           /* ends of lines */
    const char *begins;     /* the whole begins so */
    const char *has[4];     /* each is in it */
    const char *has_not[3]; /* none is in it */
} rows[] = {
    {"csv",
     {DOWNLOAD_CSV, 0, false, false},
     5,
     HEAD "\r\n",
     {"\r\nyes1@a.example,a.example,deliverable,", "\r\nno2@a.example,a.example,undeliverable,",
      "\r\ndim4@a.example,a.example,unknown,", "\r\nYES1@a.example,a.example,deliverable,"},
     {"Rome", "Cid"}},
    {"csv, original",
     {DOWNLOAD_CSV, 0, true, false},
     6,
     "Name,E-Mail,Town," HEAD "\r\n",
     {"\r\nAnn,yes1@a.example,Rome,yes1@a.example,a.example,deliverable,",
      "\r\nBob,no2@a.example,,no2@a.example,a.example,", "\r\nCid,,Bari,,,,,,,,\r\n",
      "\r\n'=Dan,dim4@a.example,\"Bari, Italy\",dim4@a.example,"},
     {"\r\n=Dan"}},
    {"csv, original, raw",
     {DOWNLOAD_CSV, 0, true, true},
     6,
     "Name,E-Mail,Town," HEAD "\r\n",
     {"\r\n=Dan,dim4@a.example,"},
     {"'=Dan"}},
    {"csv, one status",
     {DOWNLOAD_CSV, U_DELIVERABLE, false, false},
     3,
     HEAD "\r\n",
     {"\r\nyes1@a.example,", "\r\nYES1@a.example,"},
     {"no2@", "dim4@"}},
    {"csv, two statuses, original",
     {DOWNLOAD_CSV, U_DELIVERABLE | U_UNKNOWN, true, false},
     4,
     "Name,E-Mail,Town,",
     {"Rome", "Italy", ",Pisa,YES1@a.example,", ",false,and,more\r\n"},
     {"Bob", "Cid"}},
    {"csv, a status nobody has",
     {DOWNLOAD_CSV, 1 << CASCADE_INVALID, true, false},
     1,
     "Name,E-Mail,Town," HEAD "\r\n",
     {NULL},
     {"Ann"}},
    {"json",
     {DOWNLOAD_JSON, 0, false, false},
     6,
     "{\"success\":true,\"results\":[\n{\"email\":",
     {"\"email\":\"yes1@a.example\"", "\"status\":\"undeliverable\"", "},\n{", "}\n]}\n"},
     {"original", "Cid"}},
    {"json, original",
     {DOWNLOAD_JSON, 0, true, false},
     7,
     "{\"success\":true,\"results\":[\n{",
     {"\"original\":[\"Ann\",\"yes1@a.example\",\"Rome\"]}",
      "\n{\"original\":[\"Cid\",\"\",\"Bari\"]},\n",
      "[\"=Dan\",\"dim4@a.example\",\"Bari, Italy\"]",
      "[\"Eve\",\"YES1@a.example\",\"Pisa\",\"and\",\"more\"]"},
     {NULL}},
    {"json, a status nobody has",
     {DOWNLOAD_JSON, 1 << CASCADE_INVALID, false, false},
     3,
     "{\"success\":true,\"results\":[\n\n]}\n",
     {NULL},
     {"email"}},
    {"jsonl",
     {DOWNLOAD_JSONL, 0, false, false},
     4,
     "{\"email\":\"yes1@a.example\"",
     {"}\n{\"email\":\"no2@a.example\""},
     {"},\n", "success"}},
    {"jsonl, original, one status",
     {DOWNLOAD_JSONL, U_UNKNOWN, true, false},
     1,
     "{\"email\":\"dim4@a.example\"",
     {"\"original\":[\"=Dan\","},
     {"Ann", "Cid"}},
};

static size_t lines_in(const struct strbuf *text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text->len; i++)
        lines += text->data[i] == '\n';
    return lines;
}

Test(download, formats_and_options)
{
    struct job job = finished_list(people, sizeof(people) - 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct strbuf out = {0};
        download_whole(&job, &rows[i].options, &out);
        const char *text = strbuf_text(&out), *label = rows[i].label;
        cr_expect_eq(lines_in(&out), rows[i].lines, "%s: %zu lines\n%s", label, lines_in(&out),
                     text);
        cr_expect_eq(strncmp(text, rows[i].begins, strlen(rows[i].begins)), 0, "%s\n%s", label,
                     text);
        for (size_t k = 0; k < COUNT_OF(rows[i].has) && rows[i].has[k] != NULL; k++)
            cr_expect_not_null(strstr(text, rows[i].has[k]), "%s has not %s\n%s", label,
                               rows[i].has[k], text);
        for (size_t k = 0; k < COUNT_OF(rows[i].has_not) && rows[i].has_not[k] != NULL; k++)
            cr_expect_null(strstr(text, rows[i].has_not[k]), "%s has %s\n%s", label,
                           rows[i].has_not[k], text);
        strbuf_free(&out);
    }
}

/* Files that have nothing to give a header by. */
static const struct {
    const char *label, *text, *begins;
} headless[] = {
    {"two columns", "Ann,yes@a.example\nBob,no@a.example\n",
     "column 1,column 2," HEAD "\r\nAnn,yes@a.example,yes@a.example,"},
    {"a single column", "yes@a.example\nno@a.example\n",
     "column 1," HEAD "\r\nyes@a.example,yes@a.example,a.example,"},
    {"a single column with a header", "email\nyes@a.example\n",
     "email," HEAD "\r\nyes@a.example,yes@a.example,"},
    {"names around the address", "Ann <yes@a.example>\n",
     "column 1," HEAD "\r\nAnn <yes@a.example>,yes@a.example,"},
    {"a row of quotes", "\"a \"\"b\"\"\",yes@a.example\nx,no@a.example\n",
     "column 1,column 2," HEAD "\r\n\"a \"\"b\"\"\",yes@a.example,yes@a.example,"},
};

Test(download, without_a_header)
{
    const struct download_options options = {DOWNLOAD_CSV, 0, true, false};
    for (size_t i = 0; i < COUNT_OF(headless); i++) {
        struct strbuf out = {0};
        struct job job = finished_list(headless[i].text, strlen(headless[i].text));
        download_whole(&job, &options, &out);
        cr_expect_eq(strncmp(strbuf_text(&out), headless[i].begins, strlen(headless[i].begins)), 0,
                     "%s:\n%s", headless[i].label, strbuf_text(&out));
        strbuf_free(&out);
    }
}

/* ---- portions ---- */

Test(download, around_the_size_of_a_portion)
{
    static const size_t sizes[] = {499, 500, 501, 1000};
    static const struct download_options options[] = {{DOWNLOAD_CSV, 0, false, false},
                                                      {DOWNLOAD_JSON, 0, false, false},
                                                      {DOWNLOAD_JSONL, 0, true, false}};
    static const size_t extra[] = {1, 2, 0}; /* lines that are no rows */
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct strbuf text = {0};
        for (size_t n = 1; n <= sizes[i]; n++)
            strbuf_printf(&text, "yes%zu@shop.example\n", n);
        struct job job = finished_list(text.data, text.len);
        for (size_t k = 0; k < COUNT_OF(options); k++) {
            struct strbuf out = {0};
            char last[64];
            download_whole(&job, &options[k], &out);
            snprintf(last, sizeof(last), "yes%zu@shop.example", sizes[i]);
            cr_expect_eq(lines_in(&out), sizes[i] + extra[k], "%zu rows, format %zu: %zu", sizes[i],
                         k, lines_in(&out));
            cr_expect_not_null(strstr(out.data, last), "%zu rows, format %zu", sizes[i], k);
            cr_expect_null(strstr(out.data, ",\n\n]}"), "%zu rows: a comma too many", sizes[i]);
            strbuf_free(&out);
        }
        strbuf_free(&text);
    }
}

/* Long rows behind short ones: a portion has the bytes of a few rows, whatever the rows before had.
 */
Test(download, portions_end_by_bytes)
{
    enum { SHORT = 600, LONG = 60, CELL = 25000, MOST = DOWNLOAD_PORTION + 4 * CELL + 1000 };
    static const struct {
        const char *label;
        struct download_options options;
        size_t most; /* bytes of a portion */
    } kinds[] = {
        {"csv", {DOWNLOAD_CSV, 0, true, false}, MOST},
        {"json, in which some are six times as long",
         {DOWNLOAD_JSON, 0, true, false},
         MOST + 24 * CELL},
        {"jsonl", {DOWNLOAD_JSONL, 0, true, false}, MOST + 24 * CELL},
        {"without the cells", {DOWNLOAD_CSV, 0, false, false}, 200000},
    };
    struct strbuf text = {0};
    for (size_t n = 1; n <= SHORT + LONG; n++) {
        strbuf_printf(&text, "yes%zu@shop.example", n);
        for (int cell = 0; cell < 4; cell++) {
            strbuf_addc(&text, ',');
            for (int i = 0; n > SHORT && i < CELL; i++)
                strbuf_addc(&text, n % 2 == 0 ? 'x' : '\x01');
        }
        strbuf_addc(&text, '\n');
    }
    struct job job = finished_list(text.data, text.len);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct download *download = download_new(&job, &cascade_ops, &kinds[i].options);
        struct strbuf out = {0};
        size_t lines = 0, portions = 0;
        for (bool more = true; more; portions++) {
            strbuf_clear(&out);
            cr_assert_eq(download_next(download, fx.db, &out, &more), DB_OK);
            cr_expect_leq(out.len, kinds[i].most, "%s: %zu", kinds[i].label, out.len);
            lines += lines_in(&out);
        }
        cr_expect_geq(lines, (size_t)SHORT + LONG, "%s: %zu", kinds[i].label, lines);
        cr_expect(kinds[i].options.original ? portions > 6 : portions == 2, "%s: %zu",
                  kinds[i].label, portions);
        strbuf_free(&out);
        download_free(&download);
    }
    strbuf_free(&text);
}

/* Half of it is done: that half comes out, and with `original` the rest with empty cells. */
Test(download, a_list_that_runs)
{
    static const char text[] = "email,x\nyes1@a.example,1\nyes2@b.example,2\n"
                               "yes3@c.example,3\nyes4@d.example,4\n";
    struct job job = list_upload(fx.pool, fx.purse, text, sizeof(text) - 1);
    list_start(fx.db, &job, -1);
    settle_some(&job, 2, false);
    job = list_now(fx.db, &job);
    struct strbuf plain = {0}, original = {0};
    download_whole(&job, &(struct download_options){DOWNLOAD_CSV, 0, false, false}, &plain);
    download_whole(&job, &(struct download_options){DOWNLOAD_CSV, 0, true, false}, &original);
    cr_expect_eq(lines_in(&plain), 3, "%s", plain.data);
    cr_expect_eq(lines_in(&original), 5, "%s", original.data);
    size_t empty = 0;
    for (const char *at = original.data; (at = strstr(at, ",,,,,,,,\r\n")) != NULL; at++)
        empty++;
    cr_expect_eq(empty, 2, "%s", original.data);
    strbuf_free(&plain);
    strbuf_free(&original);
}

/* What was asked again has its new result, the rest the old one; so before the new ones are in. */
Test(download, a_run_that_asks_again)
{
    static const char text[] = "yes1@a.example\ndim2@a.example\nno3@a.example\ndim4@a.example\n"
                               "dim2@A.example\n";
    static const struct download_options options = {DOWNLOAD_CSV, 0, false, false};
    struct job job = finished_list(text, sizeof(text) - 1);
    bool closed = false;
    list_start(fx.db, &job, CASCADE_UNKNOWN);
    for (size_t done = 0; done <= 2; done++) {
        struct strbuf out = {0};
        struct job now = list_now(fx.db, &job);
        download_whole(&now, &options, &out);
        size_t unknown = 0;
        for (const char *at = out.data; (at = strstr(at, ",unknown,")) != NULL; at++)
            unknown++;
        cr_expect_eq(lines_in(&out), 6, "%zu done:\n%s", done, out.data);
        cr_expect_eq(unknown, done == 0 ? 3 : done == 1 ? 1 : 0, "%zu done:\n%s", done, out.data);
        strbuf_free(&out);
        settle_some(&job, 1, true);
    }
    cr_assert_eq(store_job_close(fx.db, job.id, &cascade_ops, &closed), DB_OK);
    cr_expect(closed);
}

/* ---- what cannot be read ---- */

/* Facts of another version, damaged, or gone: what the row itself says is said. */
Test(download, facts_that_cannot_be_decoded)
{
    static const char text[] = "yes1@a.example\nno2@a.example\ndim3@a.example\nyes4@a.example\n";
    struct job job = finished_list(text, sizeof(text) - 1);
    list_sql(fx.db, "UPDATE job_item SET facts = NULL WHERE n = 1");
    list_sql(fx.db, "UPDATE job_item SET facts = 'nonsense' WHERE n = 2");
    list_sql(fx.db, "UPDATE job_item SET facts = LEFT(facts, 9) WHERE n = 3");
    list_sql(fx.db, "UPDATE job_item SET facts = '' WHERE n = 4");
    for (int format = DOWNLOAD_CSV; format <= DOWNLOAD_JSONL; format++) {
        struct strbuf out = {0};
        download_whole(
            &job, &(struct download_options){(enum download_format)format, 0, false, false}, &out);
        const char *quote = format == DOWNLOAD_CSV ? "" : "\"";
        static const char *const words[] = {"deliverable", "undeliverable", "unknown"};
        for (size_t i = 0; i < COUNT_OF(words); i++) {
            char want[64];
            snprintf(want, sizeof(want), format == DOWNLOAD_CSV ? ",%s%s%s," : "%s%s%s", quote,
                     words[i], quote);
            cr_expect_not_null(strstr(out.data, want), "format %d: %s\n%s", format, want, out.data);
        }
        strbuf_free(&out);
    }
}

/* Addresses that are none come back as they were, readable. */
Test(download, odd_addresses)
{
    static const char text[] = "email,x\n\"a,b\"@c.example,1\n@,2\na@b@c,3\n\"=1+1@evil\",4\n"
                               "\xC3\xBC@\xC3\xBC.example,5\n";
    struct job job = finished_list(text, sizeof(text) - 1);
    struct strbuf out = {0};
    download_whole(&job, &(struct download_options){DOWNLOAD_CSV, 0, false, false}, &out);
    cr_expect_eq(lines_in(&out), 6, "%s", out.data);
    cr_expect_not_null(strstr(out.data, "\r\n'=1+1@evil,"), "%s", out.data);
    cr_expect_not_null(strstr(out.data, "\r\n'@,"), "%s", out.data);
    cr_expect_not_null(strstr(out.data, "\r\n\xC3\xBC@\xC3\xBC.example,"), "%s", out.data);
    strbuf_free(&out);
}

/* ---- while the database fails ---- */

static unsigned fail_from(const char *sql, bool after, void *arg)
{
    int *left = arg;
    (void)sql;
    return !after && (*left)-- <= 0 ? 2013 : 0;
}

/* A list that is deleted meanwhile loses its rows in any order: never a short file that ends well.
 */
Test(download, rows_that_are_gone)
{
    static const struct {
        const char *label, *gone; /* rows that are deleted before portion `before` */
        int before;
    } losses[] = {
        {"all, before the first", "n > 0", 0},
        {"all, before the second", "n > 0", 1},
        {"the last", "n = 1200", 1},
        {"the end", "n > 700", 1},
        {"the last portion", "n > 1000", 2},
        {"one in the middle", "n = 777", 1},
        {"the first of a portion", "n = 501", 1},
        {"the beginning", "n < 20", 0},
    };
    struct strbuf text = {0};
    for (size_t n = 1; n <= 1200; n++)
        strbuf_printf(&text, "yes%zu@shop.example\n", n);
    for (int format = DOWNLOAD_CSV; format <= DOWNLOAD_JSONL; format++)
        for (size_t i = 0; i < COUNT_OF(losses); i++) {
            const struct download_options options = {(enum download_format)format, 0, i % 2 == 1,
                                                     false};
            struct job job = list_upload(fx.pool, fx.purse, text.data, text.len);
            struct download *download = download_new(&job, &cascade_ops, &options);
            struct strbuf out = {0};
            enum db_status status = DB_OK;
            bool more = true;
            char sql[64];
            snprintf(sql, sizeof(sql), "DELETE FROM job_row WHERE %s", losses[i].gone);
            for (int at = 0; status == DB_OK && more; at++) {
                if (at == losses[i].before)
                    list_sql(fx.db, sql);
                status = download_next(download, fx.db, &out, &more);
            }
            cr_expect_eq(status, DB_REFUSED, "format %d, %s: %d", format, losses[i].label,
                         (int)status);
            cr_expect_null(strstr(strbuf_text(&out), "\n]}\n"), "format %d, %s", format,
                           losses[i].label);
            list_sql(fx.db, "UPDATE job SET state = 6, leftovers = 1");
            list_sql(fx.db, "DELETE FROM job_row");
            strbuf_free(&out);
            download_free(&download);
        }
    strbuf_free(&text);
}

/* Wherever it fails for good, nothing is appended, and the same call later gives what is missing.
 */
Test(download, the_same_may_be_tried_again)
{
    struct strbuf text = {0};
    for (size_t n = 1; n <= 700; n++)
        strbuf_printf(&text, "x,yes%zu@shop.example\n", n);
    struct job job = finished_list(text.data, text.len);
    for (int format = DOWNLOAD_CSV; format <= DOWNLOAD_JSONL; format++)
        for (int at = 0; at < 6; at++) {
            const struct download_options options = {(enum download_format)format, 0, true, false};
            struct strbuf want = {0}, got = {0};
            bool more = true;
            int left = at;
            download_whole(&job, &options, &want);
            struct download *download = download_new(&job, &cascade_ops, &options);
            db_test_fault(fail_from, &left);
            while (more) {
                size_t len = got.len;
                if (download_next(download, fx.db, &got, &more) == DB_OK)
                    continue;
                cr_expect_eq(got.len, len, "format %d at %d: %zu bytes", format, at, got.len - len);
                cr_expect(more);
                db_test_fault(NULL, NULL);
            }
            db_test_fault(NULL, NULL);
            cr_expect_eq(got.len, want.len, "format %d at %d: %zu of %zu", format, at, got.len,
                         want.len);
            cr_expect_str_eq(got.data, want.data, "format %d at %d", format, at);
            download_free(&download);
            strbuf_free(&want);
            strbuf_free(&got);
        }
    strbuf_free(&text);
}
