#ifndef MODEL_BYTES_H
#define MODEL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/strbuf.h"

/* What the codecs of model are made of: numbers and texts as bytes, independent of the machine.
 * Readers share the cursor's sticky error: after bad bytes each gives 0 or NULL. */

/* Little endian, in 1..8 bytes. */
void bytes_put(struct strbuf *out, uint64_t value, size_t size);
uint64_t bytes_get(struct cursor *c, size_t size);
int bytes_get_below(struct cursor *c, int count); /* one byte; count and more is bad */

/* Seven bits a byte, the least first, in 1..10 bytes; more bytes than needed are bad. */
void bytes_put_varint(struct strbuf *out, uint64_t value);
uint64_t bytes_get_varint(struct cursor *c, uint64_t max); /* more is bad */

/* Which texts there are.  On either way a text that breaks its rule is none. */
struct text_rule {
    size_t max;      /* bytes */
    size_t len_size; /* of its length; 0: a varint */
    bool (*allowed)(unsigned char);
};
extern const struct text_rule text_name;   /* of a host: A-labels, lower case; 253 */
extern const struct text_rule text_number; /* numeric IP address; 45 */
extern const struct text_rule text_title;  /* printable ASCII; 64 */
extern const struct text_rule text_line;   /* printable ASCII; FACTS_TEXT_MAX */

bool bytes_text_good(const char *text, const struct text_rule *rule); /* "" is, NULL is not */
/* A length and the text; NULL, and what breaks the rule, are written as "". */
void bytes_put_text(struct strbuf *out, const char *text, const struct text_rule *rule);
/* NULL when it is empty. */
const char *bytes_get_text(struct arena *arena, struct cursor *c, const struct text_rule *rule);

#endif
