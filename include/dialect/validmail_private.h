#ifndef DIALECT_VALIDMAIL_PRIVATE_H
#define DIALECT_VALIDMAIL_PRIVATE_H

#include "dialect/validmail.h"

/* Between the files of the validmail voice. */

/* Of the domain, 0..100, by the table in validmail_score.c. */
int validmail_reputation(const struct facts *facts);
/* `base` and what the facts add to it or take away; not held in any band. */
int validmail_points(const struct facts *facts, int base);

#endif
