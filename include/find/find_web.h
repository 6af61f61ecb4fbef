#ifndef FIND_FIND_WEB_H
#define FIND_FIND_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "find/find_settings.h"
#include "io/loop.h"
#include "io/web_client.h"

/* Pages of domains that are asked about: GET or HEAD, https first, then http; at most
 * FIND_REDIRECTS_MAX redirects, each of which is vetted like the first.  Loop thread only;
 * callbacks come later, exactly once; cancel means none.  Those that are too many at once wait for
 * their turn; the time of a page begins then. */
enum { FIND_REDIRECTS_MAX = 3 };
struct find_web;
struct find_page;

struct find_web_config {
    struct loop *loop;
    const struct find_settings *settings;
    web_resolve_fn *resolve;
    void *resolve_arg;
    size_t calls_max; /* pages asked about at once; 0: by the descriptors that a process may have */
};
/* On the loop thread, or before the loop runs.  NULL: `why` says which setting is wrong.  The
 * settings must outlive it. */
struct find_web *find_web_new(const struct find_web_config *config, char *why, size_t why_size);
void find_web_free(struct find_web **web); /* NULL-safe, nulls; nothing may be under way */
struct loop *find_web_loop(const struct find_web *web);
const struct find_settings *find_web_settings(const struct find_web *web);

struct find_page_answer {
    bool answered;    /* somebody speaks HTTP there */
    int status;       /* of the last answer; 0 without one */
    const char *host; /* whose it is, after redirects; valid during the call, like body */
    const char *body; /* of a 2xx, at most [find] page_max bytes */
    size_t body_len;
};
typedef void find_page_fn(const struct find_page_answer *answer, void *arg);
/* path "/contact"; redirects are followed within the registrable domain of `domain` only, and to
 * the ports of the settings: one that leads elsewhere ends it, and `host` says where to.  Where
 * HEAD is not known (405, 501), GET is asked. */
struct find_page *find_page_start(struct find_web *web, const char *domain, const char *path,
                                  bool head, find_page_fn *fn, void *arg);
/* One URL as it stands, by HEAD, no redirects: its status. */
struct find_page *find_url_start(struct find_web *web, const char *url, find_page_fn *fn,
                                 void *arg);
void find_page_cancel(struct find_page **page); /* NULL-safe, nulls */

#endif
