#ifndef VERIFY_SYNTAX_H
#define VERIFY_SYNTAX_H

#include <stddef.h>

#include "model/address.h"

/* RFC 5321 Mailbox, RFC 6531 UTF-8 local parts, IDNA2008 domains (libidn2).  The one parser.
 * Input is bytes with a length, so a NUL inside is an error and not an end.  Fills *out wholly;
 * returns out->error.  No surrounding space is forgiven here: callers trim. */
enum address_error address_parse(const char *data, size_t len, struct address *out);

/* A host or domain name alone, to lower-case A-labels; false when it is not one.  out: 256 bytes.
 */
bool domain_to_ascii(const char *name, size_t len, char out[ADDRESS_DOMAIN_MAX + 1]);

/* The same of a name that an address can have: short enough for a local part before it. */
bool mail_domain_to_ascii(const char *name, size_t len, char out[ADDRESS_DOMAIN_MAX + 1]);

#endif
