#ifndef TESTS_SITE_HOUSE_H
#define TESTS_SITE_HOUSE_H

/* The web as far as tests of src/find need one: a scripted server of many hosts that takes HTTPS
 * and HTTP on loopback ports, a thread per connection; a table of host names; and a find_web over
 * both.  The server writes down what it was asked, as referee. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "find/find_web.h"
#include "authority.h"

/* What is answered to a request, by its first words: "GET https://acme.example/" is that one,
 * "https://acme.example/" any method.  `answer`: "%S" and "%H" in it stand for the ports, "%W" for
 * a wait of 100 ms; NULL: nothing, until the client hangs up. */
struct site_row {
    const char *asked, *answer;
};
/* Host names that are there.  NULL: 127.0.0.1. */
struct site_host {
    const char *name, *address;
};

#define SITE_OK(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body
#define SITE_TO(code, location) \
    "HTTP/1.1 " code " Moved\r\nLocation: " location "\r\nContent-Length: 5\r\n\r\nmoved"
#define SITE_STATUS(code) "HTTP/1.1 " code " So\r\nContent-Length: 2\r\n\r\nso"

/* Connections to SITE_MUTE are taken for HTTPS, but nobody shakes hands; HTTP is served. */
#define SITE_MUTE "127.0.0.3"
/* Nobody listens. */
#define SITE_NOBODY "127.0.0.9"

enum { SITE_LISTENERS = 4, SITE_CONNECTIONS_MAX = 256, SITE_PATIENCE_S = 30 };

struct site;
struct site_door {
    struct site *site;
    int fd;
    bool https;
    pthread_t thread; /* who takes its connections; none at the mute one */
};
struct site_visit {
    struct site *site;
    SSL *ssl;
    int fd;
    bool https;
    pthread_t thread;
};

struct site {
    const struct site_row *rows;
    const struct site_host *hosts;
    struct loop *loop;
    struct authority authority;
    SSL_CTX *context;
    uint16_t https_port, http_port;
    struct site_door doors[SITE_LISTENERS];
    pthread_mutex_t lock; /* of all below */
    struct site_visit visits[SITE_CONNECTIONS_MAX];
    size_t visit_count;
    struct strbuf heard; /* "GET https://acme.example/\n" each */
    struct strbuf last;  /* the last request as it came */
    /* ---- of the loop ---- */
    struct find_settings settings;
    struct find_web *web;
    size_t resolved; /* questions to site_resolve */
    struct loop_timer *patience;
};

/* ---- the server ---- */

static bool site_send(struct site_visit *visit, const char *data, size_t len)
{
    if (visit->ssl != NULL)
        return len == 0 || SSL_write(visit->ssl, data, (int)len) == (int)len;
    return send(visit->fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool site_read(struct site_visit *visit, struct strbuf *in)
{
    char data[4096];
    ssize_t n = visit->ssl != NULL ? SSL_read(visit->ssl, data, sizeof(data))
                                   : recv(visit->fd, data, sizeof(data), 0);
    if (n > 0)
        strbuf_add(in, data, (size_t)n);
    return n > 0;
}

/* "GET https://acme.example/contact", the host without its port */
static void site_asked(const struct site_visit *visit, const char *request, struct strbuf *out)
{
    size_t method = strcspn(request, " ");
    const char *path = request + method + 1;
    const char *host = strcasestr(request, "\r\nHost: ");
    host = host != NULL ? host + 8 : "?";
    strbuf_printf(out, "%.*s %s://%.*s%.*s", (int)method, request, visit->https ? "https" : "http",
                  (int)strcspn(host, ":\r"), host, (int)strcspn(path, " "), path);
}

static const struct site_row *site_row_of(const struct site *site, const char *asked)
{
    static const struct site_row otherwise = {"", SITE_STATUS("404")};
    const char *url = strchr(asked, ' ') + 1;
    for (const struct site_row *row = site->rows; row->asked != NULL; row++)
        if (strcmp(row->asked, asked) == 0 || strcmp(row->asked, url) == 0)
            return row;
    return &otherwise;
}

static void site_answer(struct site_visit *visit, const char *answer)
{
    struct strbuf out = {0};
    for (const char *at = answer; *at != '\0'; at++)
        if (strncmp(at, "%S", 2) == 0 || strncmp(at, "%H", 2) == 0)
            strbuf_printf(&out, "%u",
                          *++at == 'S' ? visit->site->https_port : visit->site->http_port);
        else if (strncmp(at, "%W", 2) == 0)
            at++, nanosleep(&(struct timespec){0, 100000000}, NULL);
        else
            strbuf_addc(&out, *at);
    site_send(visit, strbuf_text(&out), out.len);
    strbuf_free(&out);
}

static void *site_serve(void *arg)
{
    struct site_visit *visit = arg;
    struct site *site = visit->site;
    struct strbuf in = {0}, asked = {0};
    bool heard = visit->ssl == NULL || SSL_accept(visit->ssl) == 1;
    while (heard && strstr(strbuf_text(&in), "\r\n\r\n") == NULL)
        heard = site_read(visit, &in);
    if (heard) {
        site_asked(visit, in.data, &asked);
        const struct site_row *row = site_row_of(site, asked.data);
        pthread_mutex_lock(&site->lock);
        strbuf_printf(&site->heard, "%s\n", asked.data);
        strbuf_clear(&site->last);
        strbuf_add(&site->last, in.data, in.len);
        pthread_mutex_unlock(&site->lock);
        if (row->answer != NULL)
            site_answer(visit, row->answer);
        else
            while (site_read(visit, &in))
                continue;
    }
    strbuf_free(&in);
    strbuf_free(&asked);
    SSL_free(visit->ssl);
    close(visit->fd);
    return NULL;
}

static void *site_door_main(void *arg)
{
    struct site_door *door = arg;
    struct site *site = door->site;
    int fd;
    while ((fd = accept(door->fd, NULL, NULL)) >= 0) {
        struct timeval patience = {SITE_PATIENCE_S, 0};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        pthread_mutex_lock(&site->lock);
        assert(site->visit_count < SITE_CONNECTIONS_MAX);
        struct site_visit *visit = &site->visits[site->visit_count++];
        *visit = (struct site_visit){.site = site, .fd = fd, .https = door->https};
        if (door->https) {
            visit->ssl = SSL_new(site->context);
            SSL_set_fd(visit->ssl, fd);
        }
        pthread_create(&visit->thread, NULL, site_serve, visit);
        pthread_mutex_unlock(&site->lock);
    }
    return NULL;
}

static int site_listen(const char *address, uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t len = sizeof(at);
    inet_pton(AF_INET, address, &at.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    cr_assert_eq(listen(fd, 64), 0);
    getsockname(fd, (struct sockaddr *)&at, &len);
    *port = ntohs(at.sin_port);
    return fd;
}

static void site_open_doors(struct site *site)
{
    uint16_t *const ports[] = {&site->https_port, &site->http_port};
    for (int i = 0; i < SITE_LISTENERS; i++) {
        struct site_door *door = &site->doors[i];
        door->site = site;
        door->https = i % 2 == 0;
        door->fd = site_listen(i < 2 ? "127.0.0.1" : SITE_MUTE, ports[i % 2]);
        if (i != 2) /* where HTTPS is mute */
            cr_assert_eq(pthread_create(&door->thread, NULL, site_door_main, door), 0);
    }
}

static void site_close_doors(struct site *site)
{
    for (int i = 0; i < SITE_LISTENERS; i++) {
        shutdown(site->doors[i].fd, SHUT_RDWR);
        if (i != 2)
            pthread_join(site->doors[i].thread, NULL);
        close(site->doors[i].fd);
    }
    for (size_t i = 0; i < site->visit_count; i++)
        pthread_join(site->visits[i].thread, NULL);
}

/* How often it was asked so, or by any method about such a URL. */
static inline size_t site_count(struct site *site, const char *asked)
{
    size_t count = 0;
    pthread_mutex_lock(&site->lock);
    for (const char *line = strbuf_text(&site->heard); *line != '\0';) {
        size_t len = strcspn(line, "\n"), skip = strcspn(line, " ") + 1;
        count += (strlen(asked) == len && strncmp(asked, line, len) == 0) ||
                 (strlen(asked) == len - skip && strncmp(asked, line + skip, len - skip) == 0);
        line += len + 1;
    }
    pthread_mutex_unlock(&site->lock);
    return count;
}

/* ---- names ---- */

struct site_question {
    struct sockaddr_in address;
    size_t count;
    web_resolved_fn *done;
    void *done_arg;
};

static void on_site_question(void *arg)
{
    struct site_question *question = arg;
    struct sockaddr_storage address = {0};
    memcpy(&address, &question->address, sizeof(question->address));
    question->done(&address, question->count, question->done_arg);
    free(question);
}

static inline void site_resolve(const char *host, web_resolved_fn *done, void *done_arg, void *arg)
{
    struct site *site = arg;
    struct site_question *question = NEW(struct site_question);
    site->resolved++;
    *question = (struct site_question){.done = done, .done_arg = done_arg};
    question->address.sin_family = AF_INET;
    for (const struct site_host *row = site->hosts; row->name != NULL; row++)
        if (strcmp(row->name, host) == 0) {
            const char *address = row->address != NULL ? row->address : "127.0.0.1";
            inet_pton(AF_INET, address, &question->address.sin_addr);
            question->count = 1;
        }
    loop_post(site->loop, on_site_question, question);
}

/* ---- all of it ---- */

/* A certificate for all hosts whose name does not begin with "plain". */
static SSL_CTX *site_context(const struct site *site)
{
    struct strbuf names = {0};
    strbuf_adds(&names, "IP:127.0.0.1");
    for (const struct site_host *row = site->hosts; row->name != NULL; row++)
        if (strncmp(row->name, "plain", 5) != 0)
            strbuf_printf(&names, ",DNS:%s", row->name);
    SSL_CTX *context = authority_context(&site->authority, strbuf_text(&names), 3600);
    strbuf_free(&names);
    return context;
}

/* Without a find_web; the settings are the defaults, but for the ports and the network. */
static void site_build(struct site *site, const struct site_row *rows,
                       const struct site_host *hosts)
{
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    *site = (struct site){.rows = rows, .hosts = hosts};
    pthread_mutex_init(&site->lock, NULL);
    authority_make(&site->authority, "Test CA");
    site->context = site_context(site);
    site->loop = loop_new();
    site_open_doors(site);
    settings_defaults(&find_settings_table);
    site->settings = find_settings;
    site->settings.allow_networks = "127.0.0.0/8";
    site->settings.ca_file = site->authority.file;
    site->settings.https_port = site->https_port;
    site->settings.http_port = site->http_port;
}

static inline void site_open(struct site *site, const struct site_row *rows,
                             const struct site_host *hosts)
{
    char why[300] = "";
    site_build(site, rows, hosts);
    const struct find_web_config config = {.loop = site->loop,
                                           .settings = &site->settings,
                                           .resolve = site_resolve,
                                           .resolve_arg = site};
    site->web = find_web_new(&config, why, sizeof(why));
    cr_assert_not_null(site->web, "%s", why);
}

static void on_site_impatient(void *arg)
{
    struct site *site = arg;
    site->patience = NULL;
    cr_expect_fail("stuck");
    loop_break(site->loop);
}

static void site_run(struct site *site)
{
    site->patience = loop_timer_add(site->loop, 20000, on_site_impatient, site);
    loop_run(site->loop);
    loop_timer_remove(&site->patience);
}

static void on_site_break(void *arg)
{
    loop_break(arg);
}

/* The doors are closed. */
static void site_free(struct site *site)
{
    const struct settings_table *const tables[] = {&find_settings_table, NULL};
    find_web_free(&site->web);
    loop_post(site->loop, on_site_break, site->loop); /* questions that nobody waits for any more */
    loop_run(site->loop);
    loop_free(&site->loop);
    SSL_CTX_free(site->context);
    authority_free(&site->authority);
    strbuf_free(&site->heard);
    strbuf_free(&site->last);
    pthread_mutex_destroy(&site->lock);
    settings_free(tables);
}

static inline void site_close(struct site *site)
{
    find_web_free(&site->web); /* or it would wait for who is silent */
    site_close_doors(site);
    site_free(site);
}

#endif
