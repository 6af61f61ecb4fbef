#ifndef FIND_LEAD_PRIVATE_H
#define FIND_LEAD_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For src/find/lead*.c only. */
enum { DOMAIN_GIVEN_MAX = 253 };

/* Also those which end lines in a log or turn them round; -1, which is no character, is one. */
bool lead_is_control(int32_t cp);
/* Is it one, and written so already? */
bool lead_domain_is_plain(const char *domain);

#endif
