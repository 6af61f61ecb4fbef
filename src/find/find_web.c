/* find_web.c - pages of domains: which URL is asked next, and when it is enough.
 *
 *     https://DOMAIN/PATH -> http://DOMAIN/PATH, if nobody speaks HTTPS there
 *                         -> Location, while it stays within the registrable domain
 *                         -> the same by GET, where HEAD is not known
 *
 * Each of them is a call of its own to the HTTP client, which resolves and vets anew.  Nobody
 * speaks HTTPS where nobody takes the connection, where the handshake fails, and where neither has
 * come to an end in half of the time; a server that has shaken hands and then breaks off, or is
 * slow, is not asked again without encryption.
 *
 * Each page costs a descriptor, and a search asks about dozens: without a limit a few hundred of
 * them at once would leave none, and whoever gets none has "no website".
 *
 * A redirect to another port than those of the settings is not followed, or any domain could have
 * us speak HTTP to any service of the world. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "find/find_web.h"
#include "verify/lists.h"

struct find_web {
    struct loop *loop;
    const struct find_settings *settings;
    struct vet_networks *allow;
    struct web_client *client;
    size_t under_way;
    size_t asking, asking_max;
    struct find_page *waiting; /* for a place among them */
};

struct find_page {
    struct find_page *prev, *next; /* while it waits */
    bool waits;
    struct find_web *web;
    struct web_call *call;
    char *domain, *path; /* NULL: one URL as it stands */
    char *url, *asked;   /* under way, and its host */
    char *host;          /* of the last answer, or where that one leads to */
    bool head, by_get;   /* only the status is wanted; HEAD is not known */
    bool may_fall_back;  /* to HTTP: this is the first question, by HTTPS */
    int redirects;
    int64_t ends_ms;
    bool answered;
    int status;
    find_page_fn *fn;
    void *arg;
};

/* What is left is for mail sessions, requests and the database. */
static size_t calls_by_files(void)
{
    enum { SHARE = 8, LEAST = 16, MOST = 1000 };
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > (rlim_t)MOST * SHARE)
        return MOST;
    return files.rlim_cur > (rlim_t)LEAST * SHARE ? (size_t)files.rlim_cur / SHARE : LEAST;
}

struct find_web *find_web_new(const struct find_web_config *config, char *why, size_t why_size)
{
    const struct find_settings *settings = config->settings;
    const char *complaint = NULL;
    if (settings->gravatar_url[0] != '\0' &&
        !web_url_valid(settings->gravatar_url, true, &complaint)) {
        snprintf(why, why_size, "[find] gravatar_url: %s", complaint);
        return NULL;
    }
    struct find_web *web = NEW(struct find_web);
    char reason[256] = "";
    web->loop = config->loop;
    web->settings = settings;
    web->asking_max = config->calls_max > 0 ? config->calls_max : calls_by_files();
    web->allow = vet_networks_new(settings->allow_networks, reason, sizeof(reason));
    if (web->allow == NULL) {
        snprintf(why, why_size, "[find] allow_networks: %s", reason);
        find_web_free(&web);
        return NULL;
    }
    const struct web_config client = {.loop = config->loop,
                                      .resolve = config->resolve,
                                      .resolve_arg = config->resolve_arg,
                                      .allow = web->allow,
                                      .ca_file = settings->ca_file,
                                      .user_agent = "vrfy/" VRFY_VERSION};
    web->client = web_client_new(&client, reason, sizeof(reason));
    if (web->client == NULL) {
        snprintf(why, why_size, "[find] ca_file: %s", reason);
        find_web_free(&web);
    }
    return web;
}

void find_web_free(struct find_web **web)
{
    struct find_web *w = *web;
    if (w == NULL)
        return;
    assert(w->under_way == 0);
    web_client_free(&w->client);
    vet_networks_free(&w->allow);
    free(w);
    *web = NULL;
}

struct loop *find_web_loop(const struct find_web *web)
{
    return web->loop;
}

const struct find_settings *find_web_settings(const struct find_web *web)
{
    return web->settings;
}

static void page_free(struct find_page *page)
{
    free(page->domain);
    free(page->path);
    free(page->url);
    free(page->asked);
    free(page->host);
    free(page);
}

static void replace(char **text, const char *with)
{
    char *copy = x_strdup(with);
    free(*text);
    *text = copy;
}

static uint16_t port_of(const struct find_web *web, bool https)
{
    return (uint16_t)(https ? web->settings->https_port : web->settings->http_port);
}

/* A domain that would be more than a host in a URL gives one that is refused. */
static void page_aim(struct find_page *page, bool https)
{
    struct strbuf url = {0};
    if (strpbrk(page->domain, "/?#") == NULL)
        strbuf_printf(&url, "%s://%s:%u%s", https ? "https" : "http", page->domain,
                      port_of(page->web, https), page->path);
    replace(&page->url, strbuf_text(&url));
    strbuf_free(&url);
}

static void on_answer(const struct web_answer *answer, void *arg);

static void page_ask(struct find_page *page)
{
    int64_t left_ms = page->ends_ms - clock_mono_ms();
    const struct find_settings *settings = page->web->settings;
    const struct web_request request = {.method = page->head && !page->by_get ? "HEAD" : "GET",
                                        .url = page->url,
                                        .timeout_ms = left_ms > 0 ? left_ms : 0,
                                        .connect_ms =
                                            page->may_fall_back && left_ms > 1 ? left_ms / 2 : 0,
                                        .answer_max = page->head ? 0 : (size_t)settings->page_max,
                                        .only_2xx_body = true,
                                        .allow_http = true};
    page->call = web_client_start(page->web->client, &request, on_answer, page);
}

/* ---- turns ---- */

static void page_begin(struct find_page *page)
{
    page->web->asking++;
    page->ends_ms = clock_mono_ms() + page->web->settings->web_timeout_ms;
    page_ask(page);
}

static void page_enter(struct find_page *page)
{
    struct find_web *web = page->web;
    web->under_way++;
    page->waits = web->asking >= web->asking_max;
    if (page->waits)
        DL_APPEND(web->waiting, page);
    else
        page_begin(page);
}

static void page_leave(struct find_page *page)
{
    struct find_web *web = page->web;
    struct find_page *next = web->waiting;
    web->under_way--;
    if (page->waits) {
        DL_DELETE(web->waiting, page);
        return;
    }
    web->asking--;
    if (next == NULL)
        return;
    DL_DELETE(web->waiting, next);
    next->waits = false;
    page_begin(next);
}

/* ---- answers ---- */

static void page_done(struct find_page *page, const struct web_answer *last)
{
    const struct find_page_answer answer = {.answered = page->answered,
                                            .status = page->status,
                                            .host = page->host,
                                            .body = last->body,
                                            .body_len = last->body_len};
    page_leave(page);
    page->fn(&answer, page->arg);
    page_free(page);
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool lies_within(const char *host, const char *domain)
{
    return strcasecmp(list_registrable(host), list_registrable(domain)) == 0;
}

/* Where this answer leads to; false: nowhere we go.  Where it leads out of the domain, its host is
 * the page's. */
static bool redirected(struct find_page *page, const struct web_answer *answer,
                       struct web_target *to)
{
    if (page->domain == NULL || !is_redirect(answer->status) || answer->location == NULL ||
        !web_url_join(page->url, answer->location, to))
        return false;
    if (!lies_within(to->host, page->domain)) {
        replace(&page->host, to->host);
        return false;
    }
    return page->redirects < FIND_REDIRECTS_MAX && to->port == port_of(page->web, to->https);
}

/* true: another question is under way. */
static bool go_on_after_answer(struct find_page *page, const struct web_answer *answer)
{
    struct web_target to;
    page->answered = true;
    replace(&page->host, page->asked);
    page->status = answer->status;
    page->may_fall_back = false;
    if (page->head && !page->by_get && (answer->status == 405 || answer->status == 501)) {
        page->by_get = true;
    } else if (redirected(page, answer, &to)) {
        page->redirects++;
        replace(&page->url, to.url);
        replace(&page->asked, to.host);
    } else {
        return false;
    }
    page_ask(page);
    return true;
}

static bool go_on_after_failure(struct find_page *page, enum web_outcome outcome)
{
    bool no_https = outcome == WEB_UNREACHABLE || outcome == WEB_TLS || outcome == WEB_TIMEOUT;
    if (!page->may_fall_back || !no_https || clock_mono_ms() >= page->ends_ms)
        return false;
    page->may_fall_back = false;
    page_aim(page, false);
    page_ask(page);
    return true;
}

static void on_answer(const struct web_answer *answer, void *arg)
{
    struct find_page *page = arg;
    page->call = NULL;
    bool goes_on = answer->outcome == WEB_ANSWERED ? go_on_after_answer(page, answer)
                                                   : go_on_after_failure(page, answer->outcome);
    if (!goes_on)
        page_done(page, answer);
}

static struct find_page *page_new(struct find_web *web, bool head, find_page_fn *fn, void *arg)
{
    struct find_page *page = NEW(struct find_page);
    page->web = web;
    page->head = head;
    page->fn = fn;
    page->arg = arg;
    return page;
}

struct find_page *find_page_start(struct find_web *web, const char *domain, const char *path,
                                  bool head, find_page_fn *fn, void *arg)
{
    assert(path[0] == '/');
    struct find_page *page = page_new(web, head, fn, arg);
    page->domain = x_strdup(domain);
    page->path = x_strdup(path);
    page->asked = x_strdup(domain);
    page->host = x_strdup(domain);
    page->may_fall_back = true;
    page_aim(page, true);
    page_enter(page);
    return page;
}

struct find_page *find_url_start(struct find_web *web, const char *url, find_page_fn *fn, void *arg)
{
    struct web_target target;
    struct find_page *page = page_new(web, true, fn, arg);
    page->url = x_strdup(url);
    page->asked = x_strdup(web_url_join(url, "", &target) ? target.host : "");
    page->host = x_strdup(page->asked);
    page_enter(page);
    return page;
}

void find_page_cancel(struct find_page **page)
{
    if (*page == NULL)
        return;
    web_client_cancel(&(*page)->call);
    page_leave(*page);
    page_free(*page);
    *page = NULL;
}
