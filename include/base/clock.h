#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The two clocks.  Deadlines and latencies use the monotonic one; dates use the wall clock (UTC).
 * Tests may shift both. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
int64_t clock_wall_us(void); /* microseconds since 1970-01-01 UTC */

/* "2026-11-22T16:47:19Z" from microseconds since 1970; out holds at least 21 bytes. */
void clock_iso(int64_t wall_us, char *out, size_t size);
/* The same with milliseconds, cut off: "2026-11-22T16:47:19.042Z"; at least 25 bytes. */
void clock_iso_ms(int64_t wall_us, char *out, size_t size);

/* Tests only: adds to every later reading, milliseconds. */
void clock_test_shift(int64_t ms);

#endif
