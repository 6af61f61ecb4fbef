#ifndef APP_CROWD_H
#define APP_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many requests of each purse this process is at work on, so that one account's slow ones
 * cannot take all threads.  Any thread. */

/* false: `most` are in already. */
bool crowd_enter(uint64_t purse_id, size_t most);
void crowd_leave(uint64_t purse_id);

#endif
