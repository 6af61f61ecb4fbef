/* test_store_webhook.c - who is told, what is told once, and how telling ends. */
#include "job_fixture.h"

Test(store_webhook, set_and_find)
{
    static char long_url[WEBHOOK_URL_MAX + 1], long_secret[WEBHOOK_SECRET_MAX + 1];
    memset(long_url, 'u', WEBHOOK_URL_MAX);
    memset(long_secret, 's', WEBHOOK_SECRET_MAX);
    static const struct {
        const char *label, *url, *secret;
    } rows[] = {
        {"none yet is removed", NULL, NULL},          {"set", "https://a.example/h", "key"},
        {"replaced", "https://b.example/", ""},       {"the same again", "https://b.example/", ""},
        {"as long as may be", long_url, long_secret}, {"removed", NULL, NULL},
        {"set again", "https://a.example/", "x"},
    };
    struct db *db = fixture_open();
    uint64_t a = fixture_purse(db, "a", 30), b = fixture_purse(db, "b", 30);
    char url[WEBHOOK_URL_MAX + 1], secret[WEBHOOK_SECRET_MAX + 1];
    bool found;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cr_assert_eq(store_webhook_set(db, a, rows[i].url, rows[i].secret), DB_OK, "%s: %s",
                     rows[i].label, db_why(db));
        cr_assert_eq(store_webhook_find(db, a, url, secret, &found), DB_OK);
        cr_assert_eq(found, rows[i].url != NULL, "%s", rows[i].label);
        if (found) {
            cr_assert_str_eq(url, rows[i].url, "%s", rows[i].label);
            cr_assert_str_eq(secret, rows[i].secret, "%s", rows[i].label);
        }
        cr_assert_eq(store_webhook_find(db, b, url, secret, &found), DB_OK);
        cr_assert_not(found);
    }
    fixture_books_clean(db, "set");
    db_free(&db);
}

static enum db_status add_event(struct db *db, void *arg)
{
    return store_webhook_add(db, arg);
}

static struct webhook_event event_of(uint64_t purse_id)
{
    struct webhook_event event = {.purse_id = purse_id,
                                  .dialect = "cascade",
                                  .name = "list.completed",
                                  .body = "{}",
                                  .body_len = 2};
    store_id_new(event.id);
    store_id_new(event.ref);
    return event;
}

struct told {
    struct webhook_event event;
    char url[64], secret[64], body[256];
    bool found;
};

static void event_told(const struct webhook_event *event, void *arg)
{
    struct told *told = arg;
    told->event = *event;
    snprintf(told->url, sizeof(told->url), "%s", event->url);
    snprintf(told->secret, sizeof(told->secret), "%s", event->secret);
    snprintf(told->body, sizeof(told->body), "%.*s", (int)event->body_len, event->body);
}

static struct told event_lease(struct db *db, const uint8_t *owner, int64_t lease_ms)
{
    struct told told = {.found = false};
    cr_assert_eq(store_webhook_lease(db, owner, lease_ms, NULL, event_told, &told, &told.found),
                 DB_OK, "%s", db_why(db));
    return told;
}

static bool event_end(struct db *db, const struct told *told, const uint8_t *owner,
                      enum webhook_end end, int64_t delay_ms, const char *why)
{
    bool mine = false;
    cr_assert_eq(store_webhook_end(db, told->event.id, owner, told->event.epoch, end, delay_ms, 500,
                                   why, &mine),
                 DB_OK, "%s", db_why(db));
    return mine;
}

Test(store_webhook, told_once)
{
    struct db *db = fixture_open();
    uint64_t a = fixture_purse(db, "a", 30), b = fixture_purse(db, "b", 30);
    cr_assert_eq(store_webhook_set(db, a, "https://a.example/", "k"), DB_OK);
    struct webhook_event one = event_of(a), two = event_of(b);
    cr_assert_eq(db_transaction(db, add_event, &one), DB_OK, "%s", db_why(db));
    store_id_new(one.id);
    cr_assert_eq(db_transaction(db, add_event, &one), DB_DUPLICATE);
    cr_assert_eq(db_transaction(db, add_event, &two), DB_OK);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM webhook_event WHERE state = 0"), 1);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM webhook_event WHERE state = 3 AND ended IS"
                               " NOT NULL"),
                 1);
    struct told told = event_lease(db, worker_a, 60000);
    cr_assert(told.found && told.event.purse_id == a && told.event.epoch == 1 &&
              told.event.tries == 1);
    cr_assert_arr_eq(told.event.ref, one.ref, STORE_ID_LEN);
    cr_assert_str_eq(told.url, "https://a.example/");
    cr_assert_str_eq(told.secret, "k");
    cr_assert_str_eq(told.body, "{}");
    cr_assert_str_eq(told.event.name, "list.completed");
    cr_assert_not(event_lease(db, worker_b, 60000).found, "nobody to tell, and one that is leased");
    db_free(&db);
}

Test(store_webhook, delivery)
{
    struct db *db = fixture_open();
    uint64_t a = fixture_purse(db, "a", 30);
    cr_assert_eq(store_webhook_set(db, a, "https://a.example/", ""), DB_OK);
    struct webhook_event event = event_of(a);
    cr_assert_eq(db_transaction(db, add_event, &event), DB_OK);
    struct told first = event_lease(db, worker_a, 0), told;
    told = event_lease(db, worker_b, 60000); /* a slept */
    cr_assert(told.found && told.event.epoch == 2 && told.event.tries == 2);
    cr_assert_not(event_end(db, &first, worker_a, WEBHOOK_DELIVERED, 0, ""), "it is b's");
    cr_assert_not(event_end(db, &first, worker_b, WEBHOOK_DELIVERED, 0, ""), "an old epoch");
    cr_assert_not(event_end(db, &told, worker_a, WEBHOOK_DELIVERED, 0, ""), "another owner");
    cr_assert(event_end(db, &told, worker_b, WEBHOOK_LATER, 60000,
                        "a reason that is longer than its"
                        " column is wide"));
    cr_assert_eq(number_of(db, "SELECT LENGTH(last_why) FROM webhook_event"), 32);
    cr_assert_eq(number_of(db, "SELECT last_code FROM webhook_event"), 500);
    cr_assert_not(event_lease(db, worker_a, 60000).found, "later");
    sql_run(db, "UPDATE webhook_event SET run_at = run_at - INTERVAL 2 MINUTE");
    cr_assert_eq(store_webhook_set(db, a, NULL, NULL), DB_OK);
    told = event_lease(db, worker_a, 60000);
    cr_assert(told.found && told.event.tries == 3);
    cr_assert_str_eq(told.url, "", "nobody any more");
    cr_assert(event_end(db, &told, worker_a, WEBHOOK_GIVEN_UP, 0, "no URL"));
    cr_assert_not(event_lease(db, worker_a, 60000).found);
    cr_assert_eq(number_of(db, "SELECT state FROM webhook_event WHERE ended IS NOT NULL"), 2);
    fixture_books_clean(db, "given up");
    db_free(&db);
}

static struct told meanwhile;

static unsigned lease_meanwhile(const char *sql, bool after, void *arg)
{
    bool *done = arg;
    if (!after || *done || strstr(sql, "SKIP LOCKED") == NULL)
        return 0;
    *done = true;
    struct db *db = db_new(&database_settings);
    store_webhook_lease(db, worker_b, 60000, NULL, event_told, &meanwhile, &meanwhile.found);
    db_free(&db);
    return 0;
}

/* Two workers take two events of one purse at the same moment: both know where to. */
Test(store_webhook, two_lease_at_once)
{
    struct db *db = fixture_open();
    uint64_t a = fixture_purse(db, "a", 30);
    cr_assert_eq(store_webhook_set(db, a, "https://a.example/", "k"), DB_OK);
    for (int i = 0; i < 2; i++) {
        struct webhook_event event = event_of(a);
        cr_assert_eq(db_transaction(db, add_event, &event), DB_OK);
    }
    bool done = false;
    db_test_fault(lease_meanwhile, &done);
    struct told told = event_lease(db, worker_a, 60000);
    db_test_fault(NULL, NULL);
    cr_assert(done && told.found && meanwhile.found);
    cr_assert_neq(memcmp(told.event.id, meanwhile.event.id, STORE_ID_LEN), 0);
    cr_assert_str_eq(told.url, "https://a.example/");
    cr_assert_str_eq(meanwhile.url, "https://a.example/");
    cr_assert_str_eq(meanwhile.secret, "k");
    db_free(&db);
}

/* What lists write: one event per run, with what it found, in its account's name. */
Test(store_webhook, lists_tell)
{
    struct db *db = fixture_open();
    uint64_t a = fixture_purse(db, "a", 100);
    cr_assert_eq(store_webhook_set(db, a, "https://a.example/", "k"), DB_OK);
    struct job job = list_completed(db, a, 10, 3);
    char want[256], id[STORE_ID_TEXT];
    store_id_text(job.id, id);
    static const struct {
        bool failed;
        int unknown;
    } rows[] = {{false, 3}, {true, 2}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (i == 1) {
            cr_assert_eq(list_start(db, &job, STATUS_UNKNOWN), JOB_DONE);
            list_settle(db, &job, 1, STATUS_GOOD);
            cr_assert_eq(list_cancel(db, &job), JOB_DONE);
        }
        struct told told = event_lease(db, worker_a, 60000);
        cr_assert(told.found);
        snprintf(want, sizeof(want),
                 "{\"id\":\"%s\",\"failed\":%d,\"total\":10,\"unknown\":%d,\"dates\":1}", id,
                 rows[i].failed, rows[i].unknown);
        cr_assert_str_eq(told.body, want);
        cr_assert_str_eq(told.event.name, rows[i].failed ? "list.failed" : "list.completed");
        cr_assert_str_eq(told.event.dialect, "cascade");
        cr_assert(event_end(db, &told, worker_a, WEBHOOK_DELIVERED, 0, ""));
    }
    cr_assert_not(event_lease(db, worker_a, 60000).found);
    fixture_books_clean(db, "told");
    /* A month later they are forgotten. */
    sql_run(db, "UPDATE webhook_event SET ended = ended - INTERVAL 31 DAY");
    sql_run(db, "UPDATE batch SET created = created - INTERVAL 31 DAY");
    sweep_all(db, &janitor_patient);
    cr_assert_eq(number_of(db, "SELECT COUNT(*) FROM webhook_event"), 0);
    db_free(&db);
}
