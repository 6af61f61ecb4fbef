#ifndef APP_SEAL_KEY_H
#define APP_SEAL_KEY_H

#include "base/crypto.h"
#include "store/db.h"

/* The key for what verifymail has sealed in the database: this installation's secret and the
 * operator's own ([verifymail] seal_key_file).  A file that cannot be read is DB_BROKEN, and
 * logged.
 */
enum db_status seal_key_read(struct db *db, uint8_t key[CRYPTO_KEY_LEN]);

#endif
