/* teller.c - 64 callers, two tellers, one purse, under TSan: holds settled and
 * released, charges, keys checked beside them.  Exactly what was told is what is in the books. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account/account.h"
#include "account/teller.h"
#include "base/xalloc.h"
#include "store/books.h"
#include "store/schema.h"

enum { CALLERS = 64, ROUNDS = 80, CREDITS = 2000 };

static const struct check_result result = {.verdict = 1, .score = 5};

static struct {
    struct teller *tellers[2];
    struct key_ring *ring;
    char key[APIKEY_MADE_MAX];
    atomic_int next, paid, refused, wrong;
} shared;

static enum teller_result act(struct teller *teller, uint64_t purse_id, int which)
{
    struct hold hold;
    if (which == 0)
        return teller_charge(teller, purse_id, 1, &result, NULL);
    enum teller_result got = teller_hold(teller, purse_id, 1, 60000, &hold, NULL);
    if (got != TELLER_OK)
        return got;
    if (which == 1)
        return teller_settle(teller, &hold, &result, NULL);
    got = teller_release(teller, &hold, NULL);
    return got == TELLER_OK ? TELLER_GONE : TELLER_UNAVAILABLE; /* given back: nobody paid */
}

static void *call(void *arg)
{
    (void)arg;
    int me = atomic_fetch_add(&shared.next, 1);
    for (int i = 0; i < ROUNDS; i++) {
        struct caller caller;
        enum auth_result auth =
            key_ring_authenticate(shared.ring, "cascade", shared.key, strlen(shared.key), &caller);
        if (auth != AUTH_OK) {
            atomic_fetch_add(&shared.wrong, 1);
            continue;
        }
        switch (act(shared.tellers[me % 2], caller.purse_id, (me + i) % 3)) {
        case TELLER_OK:
            atomic_fetch_add(&shared.paid, 1);
            break;
        case TELLER_NO_CREDIT:
            atomic_fetch_add(&shared.refused, 1);
            break;
        case TELLER_GONE:
            break;
        case TELLER_UNAVAILABLE:
            atomic_fetch_add(&shared.wrong, 1);
        }
    }
    return NULL;
}

static int server(const char *verb, const char *dir)
{
    char owner[16];
    snprintf(owner, sizeof(owner), "%d", (int)getpid());
    pid_t pid = fork();
    if (pid == 0) {
        execl("tests/lib/mariadb", "mariadb", verb, dir, owner, (char *)NULL);
        _exit(127);
    }
    int status = 1;
    waitpid(pid, &status, 0);
    return status;
}

static bool violation(const char *invariant, const char *where, void *arg)
{
    fprintf(stderr, "%s: %s\n", invariant, where);
    (*(int *)arg)++;
    return true;
}

static int check(struct db *db)
{
    struct purse_row purse;
    bool found = false;
    int violations = 0;
    if (books_check(db, violation, &violations) != DB_OK ||
        store_purse_find(db, "t", "cascade", &purse, &found) != DB_OK || !found)
        return 1;
    int paid = atomic_load(&shared.paid);
    printf("paid %d, refused %d, wrong %d; spent %ld, held %ld, %d violations\n", paid,
           atomic_load(&shared.refused), atomic_load(&shared.wrong), (long)purse.spent,
           (long)purse.held, violations);
    bool good = violations == 0 && purse.spent == paid && purse.held == 0 && paid <= CREDITS &&
                paid > 0 && atomic_load(&shared.wrong) == 0;
    return good ? 0 : 1;
}

static int run(void)
{
    char why[512];
    int from, to;
    if (!db_create_database(&database_settings, why, sizeof(why)))
        return 1;
    struct db *db = db_new(&database_settings);
    if (schema_upgrade(db, &from, &to) != DB_OK ||
        account_create(db, "t", "cascade", "starter") != ACCOUNT_OK ||
        apikey_create(db, "t", "cascade", "", shared.key) != ACCOUNT_OK)
        return 1;
    struct db_pool *pool = db_pool_new(&database_settings);
    shared.ring = key_ring_new(pool);
    for (int i = 0; i < 2; i++)
        shared.tellers[i] = teller_new(&database_settings);
    pthread_t threads[CALLERS];
    for (int i = 0; i < CALLERS; i++)
        pthread_create(&threads[i], NULL, call, NULL);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++)
        teller_free(&shared.tellers[i]);
    key_ring_free(&shared.ring);
    db_pool_free(&pool);
    int code = check(db);
    db_free(&db);
    return code;
}

int main(void)
{
    char dir[] = "/tmp/vrfy-tsan-XXXXXX", path[64];
    if (mkdtemp(dir) == NULL || server("start", dir) != 0)
        return 1;
    settings_defaults(&database_settings_table);
    settings_defaults(&account_settings_table);
    account_settings.key_cache_ms = 2; /* so that the ring asks, too */
    snprintf(path, sizeof(path), "%s/sock", dir);
    database_settings.socket = path;
    database_settings.user = "root";
    database_settings.name = "threads";
    int code = run();
    return server("clean", dir) != 0 || code != 0;
}
