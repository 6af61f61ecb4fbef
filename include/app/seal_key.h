#ifndef APP_SEAL_KEY_H
#define APP_SEAL_KEY_H

#include "base/crypto.h"
#include "store/db.h"

/* The key for what lies sealed in the database: of the installation's own secret and, where
 * [verifymail] seal_key_file names a file, of that.  A file that cannot be read is logged, and is
 * DB_UNAVAILABLE: nothing is sealed with less than the operator wants. */
enum db_status seal_key(struct db *db, uint8_t key[CRYPTO_KEY_LEN]);

#endif
