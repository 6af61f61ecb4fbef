/* rdap_servers.c - manners towards registries' servers.
 *
 * A server has so many places; who finds none waits in line.  It is left alone for a while when it
 * says so (429, 503 with Retry-After), and when nobody answered three times in a row: whoever waits
 * then is told, and who comes meanwhile is turned away.
 *
 * A server is remembered while somebody is with it, while it is left alone, and while its silence
 * is counted.  Redirects can name any number of servers, so there is a limit: the ones that nobody
 * is with go first, then whoever was met first. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "rdap/rdap_private.h"

struct rdap_server {
    UT_hash_handle hh;
    size_t going;
    struct rdap_turn *waiting;
    int silent;
    int64_t alone_until_ms; /* 0: not */
    char name[];
};

struct rdap_servers {
    size_t at_once;
    struct rdap_server *table; /* in the order in which they were met */
};

struct rdap_servers *rdap_servers_new(size_t at_once)
{
    struct rdap_servers *servers = NEW(struct rdap_servers);
    servers->at_once = at_once;
    return servers;
}

static void server_forget(struct rdap_servers *servers, struct rdap_server *server)
{
    assert(server->going == 0 && server->waiting == NULL);
    HASH_DEL(servers->table, server);
    free(server);
}

void rdap_servers_free(struct rdap_servers **servers)
{
    if (*servers == NULL)
        return;
    while ((*servers)->table != NULL)
        server_forget(*servers, (*servers)->table);
    free(*servers);
    *servers = NULL;
}

static bool is_left_alone(const struct rdap_server *server)
{
    return server->alone_until_ms > clock_mono_ms();
}

static bool is_idle(const struct rdap_server *server)
{
    return server->going == 0 && server->waiting == NULL;
}

/* Makes room for one more, where that can be. */
static void make_room(struct rdap_servers *servers)
{
    struct rdap_server *server, *next, *first = NULL;
    HASH_ITER(hh, servers->table, server, next) {
        if (!is_idle(server))
            continue;
        if (!is_left_alone(server))
            server_forget(servers, server);
        else if (first == NULL)
            first = server;
    }
    if (HASH_COUNT(servers->table) >= RDAP_SERVERS_MAX && first != NULL)
        server_forget(servers, first);
}

static struct rdap_server *server_of(struct rdap_servers *servers, const char *name)
{
    struct rdap_server *server;
    size_t size = strlen(name) + 1;
    HASH_FIND_STR(servers->table, name, server);
    if (server != NULL)
        return server;
    if (HASH_COUNT(servers->table) >= RDAP_SERVERS_MAX)
        make_room(servers);
    server = x_calloc(1, sizeof(*server) + size);
    memcpy(server->name, name, size);
    HASH_ADD_STR(servers->table, name, server);
    return server;
}

static void server_settle(struct rdap_servers *servers, struct rdap_server *server)
{
    if (is_idle(server) && server->silent == 0 && !is_left_alone(server))
        server_forget(servers, server);
}

enum rdap_leave rdap_turn_take(struct rdap_servers *servers, const char *name,
                               struct rdap_turn *turn)
{
    assert(turn->server == NULL);
    struct rdap_server *server = server_of(servers, name);
    if (is_left_alone(server))
        return RDAP_PAUSED;
    turn->server = server;
    turn->going = server->going < servers->at_once;
    if (turn->going)
        server->going++;
    else
        DL_APPEND(server->waiting, turn);
    return turn->going ? RDAP_GO : RDAP_WAIT;
}

/* Out of the line, and told. */
static void turn_call(struct rdap_server *server, struct rdap_turn *turn, bool go)
{
    DL_DELETE(server->waiting, turn);
    turn->going = go;
    if (go)
        server->going++;
    else
        turn->server = NULL;
    turn->fn(go, turn->arg);
}

void rdap_turn_end(struct rdap_servers *servers, struct rdap_turn *turn)
{
    struct rdap_server *server = turn->server;
    if (server == NULL)
        return;
    turn->server = NULL;
    if (turn->going)
        server->going--;
    else
        DL_DELETE(server->waiting, turn);
    turn->going = false;
    while (server->waiting != NULL && server->going < servers->at_once)
        turn_call(server, server->waiting, true);
    server_settle(servers, server);
}

void rdap_turn_pause(struct rdap_turn *turn, int64_t ms)
{
    struct rdap_server *server = turn->server;
    int64_t until_ms = clock_mono_ms() + (ms < RDAP_PAUSE_MAX_MS ? ms : RDAP_PAUSE_MAX_MS);
    assert(turn->going);
    if (until_ms > server->alone_until_ms)
        server->alone_until_ms = until_ms;
    while (server->waiting != NULL && is_left_alone(server))
        turn_call(server, server->waiting, false);
}

void rdap_turn_answered(struct rdap_turn *turn, bool answered)
{
    struct rdap_server *server = turn->server;
    assert(turn->going);
    server->silent = answered ? 0 : server->silent + 1;
    if (server->silent < RDAP_SILENT_MAX)
        return;
    server->silent = 0;
    rdap_turn_pause(turn, RDAP_PAUSE_MS);
}

int64_t rdap_servers_pause_ms(const struct rdap_servers *servers, const char *name)
{
    const struct rdap_server *server;
    HASH_FIND_STR(servers->table, name, server);
    int64_t ms = server != NULL ? server->alone_until_ms - clock_mono_ms() : 0;
    return ms > 0 ? ms : 0;
}

size_t rdap_servers_count(const struct rdap_servers *servers)
{
    return HASH_COUNT(servers->table);
}
