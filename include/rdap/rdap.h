#ifndef RDAP_RDAP_H
#define RDAP_RDAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"
#include "io/web_client.h"
#include "rdap/rdap_settings.h"

/* When a domain was registered and through whom, by RDAP (RFC 9082, 9083; bootstrap: RFC 9224).
 *
 * The server of a TLD comes from IANA's bootstrap file in its published form: the one that the
 * setting names, or the short copy that is shipped; or, for tests and closed networks, one server
 * for all.  HTTPS through libcurl's multi interface on the loop, every address vetted, at most
 * three redirects; http:// only where the setting `server` says so.  Answers, failures too, are
 * kept in memory; whoever owns a database keeps them longer.
 *
 * What does not ask anybody (rdap_parse, rdap_age_days, rdap_is_bulk) needs no libcurl. */
enum rdap_status {
    RDAP_FOUND,
    RDAP_NOT_FOUND, /* the registry does not know it (404) */
    RDAP_NO_SERVER, /* no RDAP for that TLD */
    RDAP_FAILED,    /* nobody answered, or not in a way that can be read */
};
struct rdap_answer {
    enum rdap_status status;
    int64_t registered_us; /* the last time; since 1970, UTC; 0: it is not told */
    char registrar[128];   /* printable; "" unknown */
    int64_t registrar_id;  /* IANA's; 0 unknown */
    int64_t ms;            /* 0 when it was known */
};

/* Pure: the answer's JSON (any bytes).  RDAP_FOUND: it is about a domain; RDAP_NOT_FOUND: an error
 * 404; else RDAP_FAILED.  ms is 0. */
void rdap_parse(const char *json, size_t len, struct rdap_answer *out);
/* Whole days from the registration to now_us (since 1970, UTC); RDAP_AGE_UNKNOWN: it is not told,
 * or lies in the future by more than a day. */
enum { RDAP_AGE_UNKNOWN = -1 };
int rdap_age_days(const struct rdap_answer *answer, int64_t now_us);

struct rdap;
struct rdap_config {
    struct loop *loop;
    const struct rdap_settings *settings; /* outlive the client */
    web_resolve_fn *resolve;
    void *resolve_arg;
};
/* On the loop thread, or before the loop runs.  NULL: `why` says which setting is wrong. */
struct rdap *rdap_new(const struct rdap_config *config, char *why, size_t why_size);
void rdap_free(struct rdap **rdap); /* what is under way is dropped; NULL-safe, nulls */

typedef void rdap_fn(const struct rdap_answer *answer, void *arg);
struct rdap_query;
/* domain: registrable, A-labels, lower case; what is no such name is RDAP_FAILED, without any
 * question.  Any thread; the callback comes later, on the loop thread, exactly once, also when it
 * is known.  One question in flight a domain, followers wait for it; when nobody waits any more it
 * goes on, and its answer is kept.  When [rdap] enabled is off: RDAP_NO_SERVER. */
struct rdap_query *rdap_ask(struct rdap *rdap, const char *domain, rdap_fn *fn, void *arg);
void rdap_cancel(struct rdap_query **query); /* loop thread only; NULL-safe, nulls */

/* What is known without a question, and what others have learnt (`age_us`: how old it is; ignored
 * when that is too old, or what is known would be kept for longer).  Any thread. */
bool rdap_knows(struct rdap *rdap, const char *domain, struct rdap_answer *out);
void rdap_teach(struct rdap *rdap, const char *domain, const struct rdap_answer *answer,
                int64_t age_us);

/* Is this registrar on the list of bulk registrars (data/vrfy/bulk_registrars.tsv)?  By its IANA id
 * if that is told, else by its name.  Pure. */
bool rdap_is_bulk(const struct rdap_answer *answer);
size_t rdap_bulk_count(void); /* how many the list has */

#endif
