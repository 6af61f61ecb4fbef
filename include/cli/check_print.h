#ifndef CLI_CHECK_PRINT_H
#define CLI_CHECK_PRINT_H

#include "model/facts.h"
#include "model/verdict.h"

/* One answer of `vrfy check` on stdout: a few lines for people, or one line of JSON with the shared
 * verdict, cascade's members and the details of the conversation. */
void check_print_text(const struct facts *facts, const struct verdict *verdict);
void check_print_json(const struct facts *facts, const struct verdict *verdict);

#endif
