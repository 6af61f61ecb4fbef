#ifndef RDAP_RDAP_H
#define RDAP_RDAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/settings.h"
#include "io/loop.h"
#include "io/web_client.h"

/* When a domain was registered and through whom, by RDAP (RFC 9082, 9083; bootstrap: RFC 9224).
 *
 * The server of a TLD comes from IANA's bootstrap file in its published form: the one that the
 * setting names, or the short copy that is shipped; or, for tests and closed networks, one server
 * for all.  HTTPS through libcurl's multi interface on the loop, every address vetted, at most
 * three redirects.  Answers, failures too, are kept in memory; whoever owns a database keeps them
 * longer. */
struct rdap_settings {
    bool enabled;
    const char *bootstrap_file; /* "": the one that is shipped */
    const char *server; /* "https://rdap.example.net:8443/": for every TLD; "": by bootstrap */
    const char *allow_networks, *ca_file;
    int64_t timeout_ms, keep_ms, keep_failures_ms;
    int64_t cache_entries;
};
extern struct rdap_settings rdap_settings;
extern const struct settings_table rdap_settings_table; /* section [rdap] */

enum rdap_status {
    RDAP_FOUND,
    RDAP_NOT_FOUND, /* the registry does not know it (404) */
    RDAP_NO_SERVER, /* no RDAP for that TLD */
    RDAP_FAILED,    /* nobody answered, or not in a way that can be read */
};
struct rdap_answer {
    enum rdap_status status;
    int64_t registered_us; /* since 1970, UTC; 0: it is not told */
    char registrar[128];   /* printable; "" unknown */
    int64_t registrar_id;  /* IANA's; 0 unknown */
    int64_t ms;            /* 0 when it was known */
};

/* Pure: the answer's JSON (any bytes). */
void rdap_parse(const char *json, size_t len, struct rdap_answer *out);

struct rdap;
struct rdap_config {
    struct loop *loop;
    const struct rdap_settings *settings;
    web_resolve_fn *resolve;
    void *resolve_arg;
};
/* On the loop thread, or before the loop runs.  NULL: `why` says which setting is wrong. */
struct rdap *rdap_new(const struct rdap_config *config, char *why, size_t why_size);
void rdap_free(struct rdap **rdap); /* what is under way is dropped; NULL-safe, nulls */

typedef void rdap_fn(const struct rdap_answer *answer, void *arg);
struct rdap_query;
/* domain: registrable, A-labels, lower case.  Any thread; the callback comes later, on the loop
 * thread, exactly once, also when it is known.  One question in flight a domain, followers wait for
 * it. */
struct rdap_query *rdap_ask(struct rdap *rdap, const char *domain, rdap_fn *fn, void *arg);
void rdap_cancel(struct rdap_query **query); /* loop thread only; NULL-safe, nulls */

/* What others have learnt, any thread; `age_us`: how old it is. */
bool rdap_knows(struct rdap *rdap, const char *domain, struct rdap_answer *out);
void rdap_teach(struct rdap *rdap, const char *domain, const struct rdap_answer *answer,
                int64_t age_us);

/* Is this registrar on the list of bulk registrars (data/vrfy/bulk_registrars.tsv)? */
bool rdap_is_bulk(const struct rdap_answer *answer);

/* Days since the registration; AGE_UNKNOWN (model/risk_facts.h) when it is not told, or lies in the future. */
int rdap_age_days(const struct rdap_answer *answer, int64_t now_us);

#endif
