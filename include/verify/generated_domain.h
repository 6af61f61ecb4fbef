#ifndef VERIFY_GENERATED_DOMAIN_H
#define VERIFY_GENERATED_DOMAIN_H

#include <stdbool.h>

/* Does a registrable domain look made up by a program: 8f3a91c07d.com, xqzvkjwpl.net,
 * mail8273645.top?  Judges the label in front of the public suffix; A-labels are never judged.
 * Pure. */
bool domain_is_generated(const char *domain);

#endif
