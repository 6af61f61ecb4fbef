#ifndef TESTS_FAKE_TRANSPORT_H
#define TESTS_FAKE_TRANSPORT_H

#include <string.h>

#include "base/strbuf.h"
#include "http/transport.h"

/* A request out of a list "NAME=value" (NULL-terminated) and a body that arrives `chunk` bytes at a
 * time (0: all at once); what is answered is collected, up to `gone_after` bytes when that is not
 * 0: then the client is gone. */
struct fake_transport {
    const char *const *variables;
    const char *body;
    size_t body_len, chunk, read;
    size_t gone_after, flushes, writes, aborts;
    struct strbuf written;
};

static const char *fake_variable(void *arg, const char *name)
{
    const struct fake_transport *fake = arg;
    size_t len = strlen(name);
    for (const char *const *v = fake->variables; v != NULL && *v != NULL; v++)
        if (strncmp(*v, name, len) == 0 && (*v)[len] == '=')
            return *v + len + 1;
    return NULL;
}

static ssize_t fake_read(void *arg, void *out, size_t len)
{
    struct fake_transport *fake = arg;
    size_t left = fake->body_len - fake->read;
    size_t n = len < left ? len : left;
    if (fake->chunk > 0 && n > fake->chunk)
        n = fake->chunk;
    memcpy(out, fake->body + fake->read, n);
    fake->read += n;
    return (ssize_t)n;
}

static bool fake_write(void *arg, const void *data, size_t len)
{
    struct fake_transport *fake = arg;
    fake->writes++;
    if (fake->gone_after > 0 && fake->written.len + len > fake->gone_after)
        return false;
    strbuf_add(&fake->written, data, len);
    return true;
}

static bool fake_flush(void *arg)
{
    struct fake_transport *fake = arg;
    fake->flushes++;
    return fake->gone_after == 0 || fake->written.len < fake->gone_after;
}

static void fake_abort(void *arg)
{
    struct fake_transport *fake = arg;
    fake->aborts++;
}

static inline struct http_transport fake_transport_of(struct fake_transport *fake)
{
    return (struct http_transport){fake_variable, fake_read,  fake_write,
                                   fake_flush,    fake_abort, fake};
}

#endif
