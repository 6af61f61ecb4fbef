#ifndef VERIFY_LOCALPART_H
#define VERIFY_LOCALPART_H

#include <stdbool.h>

/* Two small heuristics over an unquoted local part, both documented above their tables; neither
 * changes a verdict, both move a score.  Sub-address (+tag) ignored.  Pure. */

/* Looks like a person's name: john.smith, j.smith, jsmith, smithj, mary-ann_o'neil, ... */
bool localpart_real_name(const char *local_plain);
/* Looks machine-made: xk3jq9vz, asdfghjkl, 8f14e45fceea, ... */
bool localpart_gibberish(const char *local_plain);
/* A random but plausible local part that no one has, for the catch-all question: e.g.
 * "lenora.wexby83". out: at least 40 bytes. */
void localpart_random(char *out, unsigned long size);

#endif
