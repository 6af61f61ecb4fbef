#ifndef CLI_CHECK_PRINT_H
#define CLI_CHECK_PRINT_H

#include "base/strbuf.h"
#include "model/facts.h"
#include "model/verdict.h"
#include "verify/block_lists.h"

/* One answer of `vrfy check`, appended: a few lines for people, or one line of JSON with the shared
 * verdict, cascade's members and the details of the conversation.  `lists`: the block lists that
 * were asked; NULL: none, and nothing is said of them. */
void check_print_text(struct strbuf *out, const struct facts *facts, const struct verdict *verdict,
                      const struct block_lists *lists);
void check_print_json(struct strbuf *out, const struct facts *facts, const struct verdict *verdict,
                      const struct block_lists *lists);

#endif
