/* webhook_url.c - whether a webhook may go to a URL, before anything is promised. */
#include <arpa/inet.h>
#include <string.h>

#include "app/app_private.h"
#include "app/webhook_url.h"
#include "app/web_names.h"
#include "base/log.h"
#include "base/threads.h"
#include "io/vet.h"
#include "io/web_client.h"
#include "jobs/webhook_settings.h"

struct asking {
    struct meeting meeting;
    struct web_names *names;
    const char *host;
    const struct vet_networks *allow;
    size_t count, forbidden;
};

static void on_resolved(const struct sockaddr_storage *addresses, size_t count, void *arg)
{
    struct asking *asking = arg;
    asking->count = count;
    for (size_t i = 0; i < count; i++)
        asking->forbidden += !vet_address((const struct sockaddr *)&addresses[i], asking->allow);
    meeting_arrive(&asking->meeting);
}

static void on_ask(void *arg)
{
    struct asking *asking = arg;
    web_names_resolve(asking->host, on_resolved, asking, asking->names);
}

/* Literals were judged with the URL. */
static bool is_literal(const char *host)
{
    uint8_t any[16];
    return inet_pton(AF_INET, host, any) == 1 || inet_pton(AF_INET6, host, any) == 1;
}

static bool host_good(struct app *app, const char *host, const struct vet_networks *allow,
                      const char **why)
{
    struct verify_engine *engine = app_engine(app);
    struct asking asking = {.meeting = MEETING_INIT, .host = host, .allow = allow};
    *why = "The webhook URL's host has no address.";
    if (engine == NULL)
        return false;
    asking.names = app_web_names(app, engine);
    loop_post(app->loop, on_ask, &asking);
    meeting_wait(&asking.meeting);
    if (asking.forbidden > 0)
        *why = "The webhook URL resolves to an address that is not public.";
    return asking.count > 0 && asking.forbidden == 0;
}

bool webhook_url_good(struct app *app, const char *url, const char **why)
{
    char wrong[256];
    struct web_target target;
    *why = "The webhook URL must be an https:// URL of a public host.";
    if (!web_url_valid(url, false, &(const char *){NULL}) || !web_url_join(url, "", &target))
        return false;
    if (is_literal(target.host))
        return true;
    struct vet_networks *allow =
        vet_networks_new(webhook_settings.allow_networks, wrong, sizeof(wrong));
    if (allow == NULL)
        log_error("webhook.allow_networks: %s", wrong);
    bool good = host_good(app, target.host, allow, why);
    vet_networks_free(&allow);
    return good;
}
