#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "store/db.h"

/* The numbered steps of schema/, compiled in.  Only `vrfy db init` and `vrfy db upgrade` change a
 * schema; programs check it and refuse with the command to run. */
int schema_known(void);  /* the last step this program carries */
int schema_needed(void); /* the oldest version it can work with */

/* *version: the last step applied, 0 for an empty database. */
enum db_status schema_version(struct db *db, int *version);
/* Runs the steps that are missing; each may be run again after a crash in its middle. */
enum db_status schema_upgrade(struct db *db, int *from, int *to);
/* needed <= version <= known.  false: `why` says what is wrong and which command to run. */
bool schema_check(struct db *db, char *why, size_t why_size);

#endif
