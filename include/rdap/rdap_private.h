#ifndef RDAP_RDAP_PRIVATE_H
#define RDAP_RDAP_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"
#include "rdap/rdap.h"

/* What the parts of the RDAP client share; nobody else includes it. */

/* ---- rdap_json.c: JSON of strangers ---- */

/* What json-c may be asked to build: it needs up to 800 bytes for an object, 60 for a value. */
struct rdap_json_limits {
    size_t bytes, values, containers;
    int depth;
};
struct json_object;
/* The text's tree, for json_object_put; NULL: it is none (or too much), `why` (static) says so. */
struct json_object *rdap_json(const char *text, size_t len, const struct rdap_json_limits *limits,
                              const char **why);
/* A member if it is of that type (enum json_type), else NULL. */
struct json_object *rdap_json_member(struct json_object *object, const char *name, int type);
/* A member's text if it is a string without NUL, else NULL. */
const char *rdap_json_text(struct json_object *object, const char *name);
/* The same of any value. */
const char *rdap_json_string(struct json_object *value);

/* ---- rdap_parse.c ---- */

enum { RDAP_ANSWER_MAX = 256 * 1024 };
/* As rdap_parse, for who has asked about `domain`: an answer that names another is none. */
void rdap_parse_about(const char *json, size_t len, const char *domain, struct rdap_answer *out);
/* RFC 3339's date-time, read with some patience (see there).  false: it is none. */
bool rdap_parse_date(const char *text, int64_t *out_us);

/* ---- rdap_cache.c: answers by domain, the longest unused goes first; any thread ---- */

struct rdap_cache;
struct rdap_cache *rdap_cache_new(size_t max); /* 0: keeps nothing */
void rdap_cache_free(struct rdap_cache **cache);
bool rdap_cache_get(struct rdap_cache *cache, const char *domain, struct rdap_answer *out);
/* keep_ms <= 0: not at all; what is kept for longer stays. */
void rdap_cache_put(struct rdap_cache *cache, const char *domain, const struct rdap_answer *answer,
                    int64_t keep_ms);
size_t rdap_cache_count(struct rdap_cache *cache);

/* ---- rdap_servers.c: how many at once, and who is left alone; loop thread only ---- */

enum {
    RDAP_SERVERS_MAX = 1024,
    RDAP_PAUSE_MS = 60 * 1000, /* after a 429 that does not say for how long, and after silence */
    RDAP_PAUSE_MAX_MS = 3600 * 1000,
    RDAP_SILENT_MAX = 3, /* so often in a row nobody answered: a pause */
};
struct rdap_servers;
struct rdap_server;
/* A place in front of a server; part of what waits.  Zero-initialise. */
struct rdap_turn {
    struct rdap_turn *prev, *next;
    struct rdap_server *server; /* NULL: nowhere */
    bool going;
    void (*fn)(bool go, void *arg); /* its turn came, or the server wants to be left alone */
    void *arg;
};
enum rdap_leave { RDAP_GO, RDAP_WAIT, RDAP_PAUSED };

struct rdap_servers *rdap_servers_new(size_t at_once);
void rdap_servers_free(struct rdap_servers **servers); /* no turn is left */
/* fn and arg are set.  RDAP_WAIT: fn comes, later; the turn then is going, or nowhere again. */
enum rdap_leave rdap_turn_take(struct rdap_servers *servers, const char *name,
                               struct rdap_turn *turn);
/* Waiting or going, it is over; the next one may go.  Nowhere: nothing. */
void rdap_turn_end(struct rdap_servers *servers, struct rdap_turn *turn);
/* Of the server whose turn is going: it answered (or not); it is to be left alone. */
void rdap_turn_answered(struct rdap_turn *turn, bool answered);
void rdap_turn_pause(struct rdap_turn *turn, int64_t ms);
/* For how long that server is left alone still; 0: it is not. */
int64_t rdap_servers_pause_ms(const struct rdap_servers *servers, const char *name);
size_t rdap_servers_count(const struct rdap_servers *servers);

#endif
