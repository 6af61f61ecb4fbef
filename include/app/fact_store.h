#ifndef APP_FACT_STORE_H
#define APP_FACT_STORE_H

#include "app/app.h"
#include "model/domain_facts.h"
#include "store/db.h"

/* Shares what is learnt of domains and mail hosts with other processes, through the database.
 *
 * Writing: a thread with a connection of its own takes facts from a bounded queue, in groups.  A
 * full queue, or a database that does not answer, loses facts and never holds anybody up.  Reading:
 * request threads, before they verify. */
struct fact_store;

/* Connects when there is something to write. */
struct fact_store *fact_store_new(const struct database_settings *settings);
/* Writes what is queued, for a second at most (a server that hangs adds two); no more is taken. */
void fact_store_free(struct fact_store **store);

/* Any thread; never block.  As domain_learnt_fn and host_learnt_fn, with the store as `arg`. */
void fact_store_take_domain(const struct domain_facts *facts, void *store);
void fact_store_take_host(const struct host_facts *facts, void *store);

/* Request threads only: if the engine does not know the domain of the request, what other processes
 * learnt of it and of its mail hosts is read and taught to the engine.  Nothing without a store. */
void fact_store_warm(struct app *app, const struct verify_request *request);
/* The same for many, in few questions. */
void fact_store_warm_all(struct app *app, const struct verify_request *requests, size_t count);
/* The same for domains; what is no domain is passed over. */
void fact_store_warm_domains(struct app *app, const char *const *domains, size_t count);

struct fact_store_stats {
    uint64_t queued;     /* gauge */
    uint64_t taken;      /* facts learnt here */
    uint64_t merged;     /* of taken: replaced what waited for the same name */
    uint64_t stored;     /* rows written */
    uint64_t dropped;    /* queue full, or the database did not take them */
    uint64_t looked_for; /* domains, in the database */
    uint64_t found;      /* and what was there could be used */
    uint64_t unreadable; /* rows of another version, or damaged */
    uint64_t purged;
};
void fact_store_stats(struct fact_store *store, struct fact_store_stats *out); /* any thread */

#endif
