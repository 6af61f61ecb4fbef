/* web_names.c - host names for libcurl, which never resolves by itself. */
#include <stdlib.h>

#include <utlist.h>

#include "app/web_names.h"
#include "base/xalloc.h"
#include "dns/mx.h"

struct asked {
    struct asked *prev, *next;
    struct web_names *names;
    struct host_lookup *lookup;
    web_resolved_fn *done;
    void *done_arg;
};

struct web_names {
    struct resolver *resolver;
    struct asked *asked;
};

struct web_names *web_names_new(struct resolver *resolver)
{
    struct web_names *names = NEW(struct web_names);
    names->resolver = resolver;
    return names;
}

static void asked_free(struct asked *asked)
{
    DL_DELETE(asked->names->asked, asked);
    host_lookup_free(&asked->lookup);
    free(asked);
}

void web_names_free(struct web_names **names)
{
    if (*names == NULL)
        return;
    while ((*names)->asked != NULL) {
        struct asked *asked = (*names)->asked;
        asked->done(NULL, 0, asked->done_arg);
        asked_free(asked);
    }
    free(*names);
    *names = NULL;
}

static void on_addresses(const struct host_addresses *addresses, void *arg)
{
    struct asked *asked = arg;
    asked->done(addresses->list, addresses->count, asked->done_arg);
    asked_free(asked);
}

void web_names_resolve(const char *host, web_resolved_fn *done, void *done_arg, void *names)
{
    struct asked *asked = NEW(struct asked);
    *asked = (struct asked){.names = names, .done = done, .done_arg = done_arg};
    DL_APPEND(asked->names->asked, asked);
    asked->lookup = host_lookup_start(asked->names->resolver, host, false, on_addresses, asked);
}
