/* doctor_local.c - `vrfy doctor`: settings, lists, database, schema, the web server in front of us.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/settings.h"
#include "cli/doctor.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/store_work.h"
#include "verify/disposable_rows.h"
#include "verify/lists.h"
#include "verify/lists_settings.h"
#include "verify/spam_traps.h"

struct finding doctor_settings(const struct doctor *doctor)
{
    const char *file = settings_file();
    (void)doctor;
    if (file == NULL)
        return finding(FINDING_OK, "", "no file: defaults, environment and options");
    return finding(FINDING_OK, "", "%s", file);
}

/* One well-known member of each list: a build without its data would miss them all. */
struct finding doctor_lists(const struct doctor *doctor)
{
    (void)doctor;
    bool whole = list_disposable(NULL, "mailinator.com") > 0.0 && list_free_provider("gmail.com") &&
                 list_role("postmaster") && list_provider_by_mx("aspmx.l.google.com") != NULL &&
                 strcmp(list_registrable("a.b.co.uk"), "b.co.uk") == 0;
    if (!whole)
        return finding(FINDING_BAD, "build again from a clean tree", "a shipped list is empty");
    return finding(FINDING_OK, "", "disposable, free, role and provider lists answer");
}

struct finding doctor_spam_traps(const struct doctor *doctor)
{
    char why[220];
    (void)doctor;
    if (lists_settings.spam_traps[0] == '\0')
        return finding(FINDING_SKIPPED, "", "no list of spam traps is configured");
    struct spam_traps *traps = spam_traps_read(lists_settings.spam_traps, why, sizeof(why));
    if (traps == NULL)
        return finding(FINDING_BAD,
                       "correct the file, or [lists] spam_traps; no check runs without", "%.180s",
                       why);
    struct finding found = finding(FINDING_OK, "", "%zu known", spam_traps_count(traps));
    spam_traps_free(&traps);
    return found;
}

struct finding doctor_disposable(const struct doctor *doctor)
{
    char why[220];
    (void)doctor;
    if (lists_settings.disposable[0] == '\0')
        return finding(FINDING_SKIPPED, "", "no disposable domains of your own are configured");
    struct disposable_rows *rows =
        disposable_rows_read(lists_settings.disposable, why, sizeof(why));
    if (rows == NULL)
        return finding(FINDING_BAD,
                       "correct the file, or [lists] disposable; no check runs without", "%.180s",
                       why);
    struct finding found = finding(FINDING_OK, "", "%zu rows", disposable_rows_count(rows));
    disposable_rows_free(&rows);
    return found;
}

struct finding doctor_database(const struct doctor *doctor)
{
    (void)doctor;
    struct db_pool *pool = db_pool_new(&database_settings);
    struct db *db = db_borrow(pool);
    struct finding found;
    int64_t flush = 1;
    char why[DB_WHY_SIZE];
    if (db == NULL) {
        found = finding(FINDING_BAD,
                        "start MariaDB and check [database] socket, host, user, password_file",
                        "cannot connect: %s", db_pool_why(pool, why));
    } else {
        db_query(db, "SELECT @@innodb_flush_log_at_trx_commit", NULL, 0, db_take_int, &flush);
        found = flush == 1
                    ? finding(FINDING_OK, "", "connected, commits are flushed")
                    : finding(FINDING_WARN, "set innodb_flush_log_at_trx_commit = 1 in the server",
                              "connected, but a crash of the server can lose charges");
        db_return(pool, &db);
    }
    db_pool_free(&pool);
    return found;
}

struct finding doctor_schema(const struct doctor *doctor)
{
    (void)doctor;
    char why[200];
    struct db_pool *pool = db_pool_new(&database_settings);
    struct db *db = db_borrow(pool);
    struct finding found = finding(FINDING_SKIPPED, "", "no database");
    if (db != NULL) {
        found = schema_check(db, why, sizeof(why))
                    ? finding(FINDING_OK, "", "version %d", schema_known())
                    : finding(FINDING_BAD, "run `vrfy db upgrade` (or `vrfy db init`)", "%s", why);
        db_return(pool, &db);
    }
    db_pool_free(&pool);
    return found;
}

static struct finding look_at_lists(struct db *db)
{
    enum { ALONE_S = 120 };
    int64_t lists = 0, alone_s = 0;
    if (store_work_waiting(db, &lists, &alone_s) != DB_OK)
        return finding(FINDING_SKIPPED, "", "no schema");
    if (alone_s > ALONE_S)
        return finding(FINDING_BAD,
                       "run `vrfy worker` as a service, or from cron with --once --max-seconds 50",
                       "%lld lists wait, one for %lld s: nobody works on them", (long long)lists,
                       (long long)alone_s);
    return finding(FINDING_OK, "", "%lld lists are being worked on", (long long)lists);
}

struct finding doctor_worker(const struct doctor *doctor)
{
    (void)doctor;
    struct db_pool *pool = db_pool_new(&database_settings);
    struct db *db = db_borrow(pool);
    struct finding found = finding(FINDING_SKIPPED, "", "no database");
    if (db != NULL) {
        found = look_at_lists(db);
        db_return(pool, &db);
    }
    db_pool_free(&pool);
    return found;
}

/* "http://host[:port]/path" taken apart; false when it is something else. */
struct url {
    char host[256], port[8];
    const char *path;
};

static bool url_read(const char *text, struct url *url)
{
    static const char scheme[] = "http://";
    if (strncmp(text, scheme, sizeof(scheme) - 1) != 0)
        return false;
    const char *host = text + sizeof(scheme) - 1;
    size_t host_len = strcspn(host, ":/");
    const char *rest = host + host_len;
    size_t port_len = *rest == ':' ? strcspn(rest + 1, "/") : 0;
    if (host_len == 0 || host_len >= sizeof(url->host) || port_len >= sizeof(url->port))
        return false;
    snprintf(url->host, sizeof(url->host), "%.*s", (int)host_len, host);
    snprintf(url->port, sizeof(url->port), "%.*s", port_len > 0 ? (int)port_len : 2,
             port_len > 0 ? rest + 1 : "80");
    url->path = strchr(host, '/') != NULL ? strchr(host, '/') : "/";
    return true;
}

static int dial(const struct url *url)
{
    struct addrinfo *list = NULL, hints = {.ai_socktype = SOCK_STREAM};
    const struct timeval limit = {.tv_sec = 10};
    int fd = -1;
    if (getaddrinfo(url->host, url->port, &hints, &list) != 0)
        return -1;
    for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

/* Asks with a key that nobody has, sent only in Authorization; the answer's first bytes. */
static bool ask(const struct url *url, char *answer, size_t size)
{
    char request[1024];
    size_t have = 0;
    int fd = dial(url);
    if (fd < 0)
        return false;
    int len = snprintf(request, sizeof(request),
                       "GET %s HTTP/1.0\r\nHost: %s\r\nAuthorization: Bearer cv_doctor\r\n\r\n",
                       url->path, url->host);
    if (len > 0 && (size_t)len < sizeof(request) && write(fd, request, (size_t)len) == len)
        for (ssize_t n; have + 1 < size && (n = read(fd, answer + have, size - 1 - have)) > 0;)
            have += (size_t)n;
    answer[have] = '\0';
    close(fd);
    return have > 0;
}

struct finding doctor_web(const struct doctor *doctor)
{
    const char *text = doctor->url;
    struct url url;
    char answer[4096];
    if (text == NULL)
        return finding(FINDING_SKIPPED, "",
                       "give --url http://HOST/api/verify.php to have it asked");
    if (!url_read(text, &url))
        return finding(FINDING_BAD, "give --url http://HOST[:PORT]/api/verify.php",
                       "not a http:// URL");
    if (!ask(&url, answer, sizeof(answer)))
        return finding(FINDING_BAD, "is the web server running?  look at its error log",
                       "no answer from %s port %s", url.host, url.port);
    if (strstr(answer, "Invalid API key") != NULL)
        return finding(FINDING_OK, "", "answers, and the Authorization header arrives");
    if (strstr(answer, "Missing API key") != NULL)
        return finding(FINDING_WARN, "Apache: CGIPassAuth On (see apache-conf/); X-Api-Key works",
                       "answers, but Authorization does not reach the program");
    return finding(FINDING_BAD, "look at the web server's error log", "unexpected answer: %.40s",
                   answer);
}
