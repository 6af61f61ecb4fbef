#ifndef MODEL_RISK_CODEC_H
#define MODEL_RISK_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "model/facts.h"
#include "model/risk_facts.h"

/* What was found out about a domain, whoever's address it was found out with: no local part, no
 * word of a server's, nothing that an account's own store says.  Versioned bytes. */

/* Appends at most 8192 bytes. */
void risk_encode(const struct facts *facts, const struct risk_facts *risk, struct strbuf *out);
/* Facts about the domain, the caller's (facts_free); what is kept of *risk is filled in, the rest
 * is left alone.  NULL: damaged, or another version's. */
struct facts *risk_decode(const void *data, size_t len, struct risk_facts *risk);

#endif
