/* list_fetch.c - fetches a list by HTTPS and writes it to disk.
 *
 * The way is that of everything we fetch: our resolver, every address vetted, the certificate
 * checked, each redirect a request of its own and to https:// only.  A command has nothing else to
 * do meanwhile, so it runs the loop until the answer is there.
 *
 * Programs read the file while it is replaced: it is written beside its place, brought to the disk,
 * and renamed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/web_names.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "cli/list_fetch.h"
#include "dns/resolver.h"
#include "io/web_client.h"
#include "rdap/rdap_settings.h"

enum { REDIRECTS_MAX = 3, TIMEOUT_MS = 60 * 1000 };

struct fetch {
    struct loop *loop;
    struct resolver *resolver;
    struct web_names *names;
    struct vet_networks *allow;
    struct web_client *client;
    struct web_target target; /* whom we ask now */
    int redirects;
    size_t max;
    struct strbuf *out;
    bool done;
    char *why;
    size_t why_size;
};

static bool fetch_open(struct fetch *fetch)
{
    char reason[300] = "";
    fetch->loop = loop_new();
    fetch->resolver = resolver_new(fetch->loop, &dns_settings, fetch->why, fetch->why_size);
    if (fetch->resolver == NULL)
        return false;
    fetch->names = web_names_new(fetch->resolver);
    fetch->allow = vet_networks_new(rdap_settings.allow_networks, reason, sizeof(reason));
    if (fetch->allow == NULL) {
        snprintf(fetch->why, fetch->why_size, "[rdap] allow_networks: %s", reason);
        return false;
    }
    const struct web_config config = {.loop = fetch->loop,
                                      .resolve = web_names_resolve,
                                      .resolve_arg = fetch->names,
                                      .allow = fetch->allow,
                                      .ca_file = rdap_settings.ca_file,
                                      .user_agent = "vrfy/" VRFY_VERSION};
    fetch->client = web_client_new(&config, reason, sizeof(reason));
    if (fetch->client == NULL)
        snprintf(fetch->why, fetch->why_size, "[rdap] ca_file: %s", reason);
    return fetch->client != NULL;
}

static void fetch_close(struct fetch *fetch)
{
    web_client_free(&fetch->client);
    web_names_free(&fetch->names);
    resolver_free(&fetch->resolver);
    vet_networks_free(&fetch->allow);
    loop_free(&fetch->loop);
}

static void on_answer(const struct web_answer *answer, void *arg);

static void fetch_ask(struct fetch *fetch)
{
    static const char *const headers[] = {"Accept: application/json", NULL};
    const struct web_request request = {.method = "GET",
                                        .url = fetch->target.url,
                                        .headers = headers,
                                        .timeout_ms = TIMEOUT_MS,
                                        .answer_max = fetch->max + 1,
                                        .only_2xx_body = true};
    web_client_start(fetch->client, &request, on_answer, fetch);
}

static bool redirected(struct fetch *fetch, const struct web_answer *answer)
{
    struct web_target to;
    bool moved = answer->status == 301 || answer->status == 302 || answer->status == 303 ||
                 answer->status == 307 || answer->status == 308;
    if (!moved || fetch->redirects == REDIRECTS_MAX || answer->location == NULL ||
        !web_url_join(fetch->target.url, answer->location, &to) || !to.https)
        return false;
    fetch->redirects++;
    fetch->target = to;
    return true;
}

static void on_answer(const struct web_answer *answer, void *arg)
{
    struct fetch *fetch = arg;
    const char *url = fetch->target.url;
    if (redirected(fetch, answer)) {
        fetch_ask(fetch);
        return;
    }
    if (answer->outcome != WEB_ANSWERED)
        snprintf(fetch->why, fetch->why_size, "%s: %s", url, web_outcome_name(answer->outcome));
    else if (answer->status != 200)
        snprintf(fetch->why, fetch->why_size, "%s: the server answers %d", url, answer->status);
    else if (answer->body_len > fetch->max)
        snprintf(fetch->why, fetch->why_size, "%s: more than %zu bytes", url, fetch->max);
    else
        fetch->done = true;
    if (fetch->done)
        strbuf_add(fetch->out, answer->body, answer->body_len);
    loop_break(fetch->loop);
}

bool list_fetch(const char *url, size_t max, struct strbuf *out, char *why, size_t why_size)
{
    struct fetch fetch = {.max = max, .out = out, .why = why, .why_size = why_size};
    const char *complaint = "it is no URL";
    if (!web_url_valid(url, false, &complaint) || !web_url_join(url, "", &fetch.target)) {
        snprintf(why, why_size, "%s", complaint);
        return false;
    }
    if (fetch_open(&fetch)) {
        fetch_ask(&fetch);
        loop_run(fetch.loop);
    }
    fetch_close(&fetch);
    return fetch.done;
}

static bool write_all(int fd, const struct strbuf *text)
{
    for (size_t at = 0; at < text->len;) {
        ssize_t n = write(fd, text->data + at, text->len - at);
        if (n < 0 && errno != EINTR)
            return false;
        at += n > 0 ? (size_t)n : 0;
    }
    return fchmod(fd, 0644) == 0 && fsync(fd) == 0;
}

bool list_write(const char *path, const struct strbuf *text)
{
    struct strbuf beside = {0};
    strbuf_printf(&beside, "%s.XXXXXX", path);
    int fd = mkstemp(beside.data);
    int error = fd < 0 || !write_all(fd, text) ? errno : 0;
    if (fd >= 0 && close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0 && rename(beside.data, path) != 0)
        error = errno;
    if (error != 0 && fd >= 0)
        unlink(beside.data);
    strbuf_free(&beside);
    errno = error;
    return error == 0;
}
