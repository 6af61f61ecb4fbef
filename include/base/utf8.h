#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-8 as RFC 3629 has it: shortest forms only, no surrogates, at most U+10FFFF. */
bool utf8_valid(const char *s, size_t len);
/* Next code point, or -1 when the bytes at *at are not UTF-8; moves *at past it (past one byte on
 * error). */
int32_t utf8_next(const char **at, const char *end);

#endif
