#ifndef VERIFY_DOMAIN_H
#define VERIFY_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "model/address.h"

/* The domain half of the address parser: fully qualified host names in ASCII or UTF-8, to
 * lower-case A-labels.  Returns ADDRESS_OK or one of the ADDRESS_DOMAIN_... errors; out is valid
 * on ADDRESS_OK only.  Everybody else calls domain_to_ascii (verify/syntax.h). */
enum address_error domain_parse(const char *name, size_t len, char out[ADDRESS_DOMAIN_MAX + 1]);

#endif
