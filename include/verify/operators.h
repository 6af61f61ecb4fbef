#ifndef VERIFY_OPERATORS_H
#define VERIFY_OPERATORS_H

#include <stddef.h>

#include "io/pace.h"
#include "smtp/smtp_session.h"

/* Who receives mail at a host, and how much we may ask of them.  An operator is the mail provider
 * that the host's name gives away ("Google"), else the host's registrable domain.
 *
 * Limits come from [smtp] sessions_per_destination, rcpts_per_session, errors_per_session and
 * [pace] starts_per_second; [pace] operators narrows or widens them by name:
 *     "Google=5/50, Microsoft 365=5/50/2, example.net=1"
 * is sessions at once / recipients per session / new sessions per second; what is left out stays as
 * it is.  Immutable once made: any thread. */
struct operators;

/* NULL: `why` says what cannot be read in [pace] operators. */
struct operators *operators_new(const struct smtp_settings *smtp, const struct pace_settings *pace,
                                char *why, size_t why_size);
void operators_free(struct operators **operators);

/* Valid as long as `mx_host`, into which it may point. */
const char *operator_of(const char *mx_host);
struct pace_limits operators_limits(const struct operators *operators, const char *operator_name);

#endif
