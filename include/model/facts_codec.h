#ifndef MODEL_FACTS_CODEC_H
#define MODEL_FACTS_CODEC_H

#include <stddef.h>

#include "base/strbuf.h"
#include "model/facts.h"

/* What was learnt about one address, as bytes that a list's result is kept in: versioned, compact
 * (a hundred bytes or so), independent of the machine.
 *
 * Not in it: `input` and `address`.  The list's own row has the address, so that nothing personal
 * is kept twice; whoever decodes sets both.  A reply's text may still echo the local part. */
enum { FACTS_CODEC_MAX = 8192 };

/* Appends at most FACTS_CODEC_MAX bytes. */
void facts_encode(const struct facts *facts, struct strbuf *out);
/* The caller's (facts_free), with input "" and an empty address.  NULL: damaged, or of a version
 * that this program does not read. */
struct facts *facts_decode(const void *data, size_t len);

#endif
