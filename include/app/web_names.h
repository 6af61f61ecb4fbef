#ifndef APP_WEB_NAMES_H
#define APP_WEB_NAMES_H

#include "dns/resolver.h"
#include "io/web_client.h"

/* Names for the web client, from the engine's resolver.  The loop thread's. */
struct web_names;
struct web_names *web_names_new(struct resolver *resolver);
/* Lookups under way are answered with no address: after the web client is freed, and before the
 * resolver.  NULL-safe, nulls. */
void web_names_free(struct web_names **names);
/* A web_resolve_fn; resolve_arg: struct web_names *. */
void web_names_resolve(const char *host, web_resolved_fn *done, void *done_arg, void *names);

#endif
