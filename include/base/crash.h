#ifndef BASE_CRASH_H
#define BASE_CRASH_H

#include <stdbool.h>

/* Places where a test may have this process killed, as if the power went: test builds only
 * (VRFY_CRASH_POINTS); elsewhere the calls are nothing.
 *
 *     VRFY_CRASH=NAME@K      SIGKILL at the K-th time that NAME is passed (@K left out: the first)
 *     VRFY_STOP=NAME@K       SIGSTOP there, likewise
 *     VRFY_CRASH_LOG=FILE    every name that is passed is appended once, so that a test can learn
 *                            which there are
 *
 * Names of statements are made by the database layer: FILE:CLOSURE:NUMBER:before|after. */
#ifdef VRFY_CRASH_POINTS
void crash_point(const char *name);
void crash_point_statement(const char *transaction, int number, bool after);
#else
static inline void crash_point(const char *name)
{
    (void)name;
}
static inline void crash_point_statement(const char *transaction, int number, bool after)
{
    (void)transaction;
    (void)number;
    (void)after;
}
#endif

#endif
