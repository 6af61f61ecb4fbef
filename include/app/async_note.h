#ifndef APP_ASYNC_NOTE_H
#define APP_ASYNC_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/strbuf.h"
#include "store/store_ledger.h"

/* What has to be known of an asynchronous check between its request and its webhook: sealed, bound
 * to its row's id. */
struct async_text {
    const char *text; /* NUL-terminated; NULs inside possible */
    size_t len;
};
struct async_note {
    int profile, listed; /* dialect/verifymail.h; as they were when it was asked for */
    struct async_text request_id, email, url;
    struct async_text secret; /* "": not signed */
    /* When it was probed: the webhook's body, and what is kept beside the charge.  The address is
     * in the body then. */
    struct async_text body;
    struct check_result result;
};

/* Appends; pure. */
void async_note_encode(const struct async_note *note, struct strbuf *out);
/* Texts are in the arena.  false: damaged, or another version's. */
bool async_note_decode(struct arena *arena, const void *data, size_t len, struct async_note *note);

void async_note_seal(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t id[STORE_ID_LEN],
                     const struct async_note *note, struct strbuf *out);
bool async_note_open(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t id[STORE_ID_LEN],
                     struct arena *arena, const void *sealed, size_t len, struct async_note *note);

#endif
