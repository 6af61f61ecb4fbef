/* source.c - whose turn it is among our own addresses.
 *
 * Each family has a turn of its own, so that a v6 dial in between does not upset the order of the
 * v4 ones.  An address that is not this host's would fail every dial, and look like an outage; so
 * each is bound once, on no port in particular, when the list is read. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/source.h"
#include "base/xalloc.h"

struct source_addresses {
    size_t count;
    size_t next_v4, next_v6; /* where to look for the next turn */
    struct sockaddr_storage list[];
};

static socklen_t length_of(int family)
{
    return family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static bool address_of_text(const char *text, struct sockaddr_storage *out)
{
    out->ss_family = AF_INET;
    if (inet_pton(AF_INET, text, &((struct sockaddr_in *)out)->sin_addr) == 1)
        return true;
    out->ss_family = AF_INET6;
    return inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)out)->sin6_addr) == 1;
}

/* Returns what is wrong with it, or NULL. */
static const char *try_to_bind(const struct sockaddr_storage *address)
{
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return "this host lacks its family";
    bool bound = bind(fd, (const struct sockaddr *)address, length_of(address->ss_family)) == 0;
    close(fd);
    return bound ? NULL : "not an address of this host";
}

static const char *add(struct source_addresses *sources, const char *text)
{
    struct sockaddr_storage *address = &sources->list[sources->count++];
    return address_of_text(text, address) ? try_to_bind(address) : "not a numeric address";
}

struct source_addresses *source_addresses_new(const char *list, char *why, size_t why_size)
{
    static const char separators[] = ", \t\r\n";
    /* Every entry but the last takes at least two bytes of the list. */
    size_t room = strlen(list) / 2 + 1;
    struct source_addresses *sources =
        x_calloc(1, sizeof(*sources) + room * sizeof(sources->list[0]));

    for (const char *at = list; *(at += strspn(at, separators)) != '\0';) {
        size_t len = strcspn(at, separators);
        char *text = x_strndup(at, len);
        const char *wrong = add(sources, text);
        if (wrong != NULL) {
            snprintf(why, why_size, "\"%.60s\": %s", text, wrong);
            source_addresses_free(&sources);
        }
        free(text);
        if (sources == NULL)
            return NULL;
        at += len;
    }
    return sources;
}

void source_addresses_free(struct source_addresses **sources)
{
    free(*sources);
    *sources = NULL;
}

size_t source_addresses_count(const struct source_addresses *sources, int family)
{
    size_t count = 0;
    for (size_t i = 0; i < sources->count; i++)
        count += sources->list[i].ss_family == family;
    return count;
}

socklen_t source_addresses_next(struct source_addresses *sources, int family,
                                struct sockaddr_storage *out)
{
    assert(family == AF_INET || family == AF_INET6);
    size_t *next = family == AF_INET6 ? &sources->next_v6 : &sources->next_v4;
    *out = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
    for (size_t i = 0; i < sources->count; i++) {
        size_t at = (*next + i) % sources->count;
        if (sources->list[at].ss_family == family) {
            *next = at + 1;
            *out = sources->list[at];
            return length_of(family);
        }
    }
    return 0;
}
