#ifndef BASE_COMBINER_H
#define BASE_COMBINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes calls about the same thing together.  Whoever calls while nobody's call about that thing is
 * under way makes his own, at once; those who come meanwhile wait, and then one of them makes all
 * of theirs as one.  So a commit that all have to wait for is one commit for as many as wait for it
 * (group commit), and a lone caller waits for nothing. */
struct combiner;

/* Makes 1 to `most` calls, in the order in which they came.  On the thread of one of their callers;
 * about different things at the same time.  `call` is what combiner_call was given: its outcome
 * goes there.  false: who waits for the same thing has waited long enough (what they all need is
 * away): their calls are not made, and are left as they were. */
typedef bool combine_fn(void *const *calls, size_t count, void *arg);

enum { COMBINER_MOST = 64 };
struct combiner *combiner_new(size_t most, combine_fn *fn, void *arg); /* 1 to COMBINER_MOST */
void combiner_free(struct combiner **combiner); /* nobody calls any more; NULL-safe, nulls */

/* Returns when `call` has been made, or is not going to be: after the call under way and one of its
 * own, and one more for every `most` who came before.  Any thread but the loop's; `fn` must not
 * call it again. */
void combiner_call(struct combiner *combiner, uint64_t about, void *call);

#endif
