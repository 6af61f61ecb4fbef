#ifndef STORE_STORE_SECRET_H
#define STORE_STORE_SECRET_H

#include <stddef.h>

#include "store/db.h"

/* A random secret of this installation, made the first time somebody asks for it by that name;
 * every process gets the same one.  At most 64 bytes. */
enum db_status store_secret(struct db *db, const char *name, void *out, size_t len);

#endif
