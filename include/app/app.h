#ifndef APP_APP_H
#define APP_APP_H

#include <stdbool.h>

#include "account/account.h"
#include "account/ratelimit.h"
#include "account/teller.h"
#include "base/settings.h"
#include "http/http.h"
#include "verify/verify.h"

/* What every program shares while it runs: settings loaded, log open, engine and database made when
 * first needed (plain CGI pays for start-up on every request). */
struct app;

/* For programs that do not serve (`vrfy worker`).  Nothing is opened yet. */
struct app *app_new(void);
void app_free(struct app **app); /* NULL-safe, nulls */

/* All settings tables of all programs, so that a setting of another program is never "unknown". */
extern const struct settings_table *const app_settings_tables[];

/* Engine and its loop thread; made at the first call (thread-safe).  NULL: why is logged. */
struct verify_engine *app_engine(struct app *app);
struct key_ring *app_keys(struct app *app);
struct teller *app_teller(struct app *app);
struct ratelimit *app_ratelimit(struct app *app); /* NULL: the database cannot be used (logged) */
struct db_pool *app_db(struct app *app);          /* schema version checked at the first call */
/* A connection for a few statements; NULL: there is none, which is logged.  Giving it back with how
 * they went: whether that was well; if not, it is logged as about `what`. */
struct db *app_db_borrow(struct app *app);
bool app_db_return(struct app *app, struct db **db, enum db_status status, const char *what);

/* The keyed hash under which a result is kept: no plain address is stored.  Only after app_db. */
void app_address_hash(struct app *app, const struct facts *facts, uint8_t out[32]);
/* The same of an address that is not asked about yet: its normalised text. */
void app_text_hash(struct app *app, const char *text, uint8_t out[32]);

/* Runs a FastCGI/CGI program: options -c FILE, -o section.name=value, --listen unix:PATH,
 * --version; loads settings, opens the log, serves.  The whole of a cgi-bin main(). */
int app_program_main(const char *name, const struct route_table *table, int argc, char **argv);
/* The same for a program that works lists off too, as [bulk] worker says. */
int app_bulk_program_main(const char *name, const struct route_table *table, int argc, char **argv);

#endif
