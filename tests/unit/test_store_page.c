/* Pages of a list's results: by place, by status, while it runs, after results were asked again. */
#include "job_fixture.h"

static struct db *db;
static uint64_t purse;

static void open_all(void)
{
    db = fixture_open();
    purse = fixture_purse(db, "shop", 100000);
    fixture_hurry(db);
}

static void close_all(void)
{
    db_free(&db);
    log_close();
}

TestSuite(store_page, .init = open_all, .fini = close_all);

struct got {
    uint32_t n[JOB_PAGE_MAX + 1];
    size_t count;
    int status; /* of all, -1: they differ */
    bool wrong; /* a row's address, facts or cells */
};

static bool take(const struct job_result *result, void *arg)
{
    struct got *got = arg;
    char want[32];
    size_t len = (size_t)row_address(result->n, want);
    got->wrong |= !result->settled || result->cells != NULL || result->first != result->n ||
                  result->address_len != len || memcmp(result->address, want, len) != 0 ||
                  result->facts_len != 5 || memcmp(result->facts, "facts", 5) != 0;
    if (got->count > 0 && got->status != result->status)
        got->status = -1;
    else
        got->status = result->status;
    got->n[got->count++] = result->n;
    return true;
}

static const struct got *page(const struct job *job, int status, int64_t offset, int64_t limit)
{
    static struct got got;
    memset(&got, 0, sizeof(got));
    cr_assert_eq(store_job_page(db, job, status, offset, limit, take, &got), DB_OK, "%s",
                 db_why(db));
    cr_assert_not(got.wrong);
    return &got;
}

static void expect(const char *label, const struct got *got, uint32_t first, size_t count)
{
    cr_assert_eq(got->count, count, "%s: %zu rows", label, got->count);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(got->n[i], first + (uint32_t)i, "%s: row %zu is %u", label, i, got->n[i]);
}

Test(store_page, by_place)
{
    struct job job = list_completed(db, purse, 2500, 0);
    job = list_find(db, job.id);
    static const struct {
        const char *label;
        int64_t offset, limit;
        uint32_t first;
        size_t count;
    } rows[] = {
        {"the first", 0, 1, 1, 1},
        {"a page", 0, 1000, 1, 1000},
        {"the next one", 1000, 1000, 1001, 1000},
        {"what is left", 2000, 1000, 2001, 500},
        {"the last row", 2499, 100, 2500, 1},
        {"behind the end", 2500, 100, 0, 0},
        {"far behind it", INT64_C(999999999) * 1000, 1000, 0, 0},
        {"in the middle", 1234, 10, 1235, 10},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect(rows[i].label, page(&job, -1, rows[i].offset, rows[i].limit), rows[i].first,
               rows[i].count);
}

static size_t count_of(const struct job *job, int status, size_t limit)
{
    size_t sum = 0;
    uint32_t before = 0;
    for (size_t count = limit; count == limit; sum += count) {
        const struct got *got = page(job, status, (int64_t)sum, (int64_t)limit);
        count = got->count;
        for (size_t i = 0; i < count; i++) {
            cr_assert_gt(got->n[i], before, "in the order of the rows");
            before = got->n[i];
        }
        cr_assert(count == 0 || status < 0 || got->status == status);
    }
    return sum;
}

Test(store_page, by_status)
{
    struct job job = list_completed(db, purse, 300, 90);
    job = list_find(db, job.id);
    cr_expect_eq(count_of(&job, STATUS_GOOD, 7), 210);
    cr_expect_eq(count_of(&job, STATUS_UNKNOWN, 1000), 90);
    cr_expect_eq(count_of(&job, STATUS_BAD, 10), 0);
    cr_expect_eq(count_of(&job, -1, 300), 300);
}

Test(store_page, while_it_runs)
{
    struct job job = list_load(db, purse, 100, false);
    cr_expect_eq(page(&job, -1, 0, 10)->count, 0, "never started");
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    job = list_find(db, job.id);
    cr_expect_eq(page(&job, -1, 0, 10)->count, 0, "nothing settled");
    list_settle(db, &job, 40, STATUS_RISKY);
    cr_expect_eq(count_of(&job, -1, 9), 40);
    cr_expect_eq(count_of(&job, STATUS_RISKY, 50), 40);
    cr_expect_eq(count_of(&job, STATUS_GOOD, 50), 0);
    list_cancel(db, &job);
}

/* Rows that repeat an address have no page of their own; another list's results are not ours. */
Test(store_page, an_address_once)
{
    struct job other = list_completed(db, purse, 50, 0);
    struct job job = list_load(db, purse, 70, true);
    cr_assert_eq(list_start(db, &job, -1), JOB_DONE);
    job = list_find(db, job.id);
    list_settle(db, &job, (size_t)job.uniques, STATUS_GOOD);
    cr_assert(list_close(db, &job));
    cr_expect_eq(count_of(&job, -1, 10), (size_t)job.uniques);
    other = list_find(db, other.id);
    cr_expect_eq(count_of(&other, -1, 10), 50);
}
