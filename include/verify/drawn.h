#ifndef VERIFY_DRAWN_H
#define VERIFY_DRAWN_H

#include <stdbool.h>

#include "verify/piece.h"

/* Did a program draw these letters and figures?  Lower-case a-z and 0-9 only, without separators,
 * up to the 64 of a local part; longer ones are none.  Keyboard walks and repetitions are the
 * caller's to take out.  Pure. */
bool drawn_at_random(const struct piece *p);

#endif
