/* risk_janitor.c - what is over goes: verdicts that were kept, stored answers, old checks, what was
 * learnt of mail hosts long ago.
 *
 * Some of each, by whoever has something to write, now and then; a busy service cleans up more
 * often, an idle one has nothing to clean.  Checks are kept at least as long as signals look back
 * for them. */
#include <stdatomic.h>

#include "app/risk_parts.h"
#include "app/verifymail_settings.h"
#include "store/store_idem.h"
#include "store/store_mx.h"
#include "store/store_risk.h"

enum { EVERY = 64, MX_DAYS = 400 };

enum db_status risk_janitor(struct db *db)
{
    static atomic_uint asked;
    uint64_t gone;
    int64_t days = verifymail_settings.keep_checks_days;
    if (atomic_fetch_add(&asked, 1) % EVERY != 0)
        return DB_OK;
    if (days < verifymail_settings.cross_days)
        days = verifymail_settings.cross_days;
    enum db_status status = store_risk_purge(db, &gone);
    if (status == DB_OK)
        status = store_risk_purge_checks(db, days, &gone);
    if (status == DB_OK)
        status = store_idem_purge(db, &gone);
    if (status == DB_OK)
        status = store_mx_purge(db, MX_DAYS, &gone);
    return status;
}
