/* crowd.c - requests under way, by purse.
 *
 * A request that waits for a silent mail server keeps a thread; without a bound a few hundred of
 * one account keep everybody else waiting.  There are never more rows than threads. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "app/crowd.h"
#include "base/hash.h"
#include "base/xalloc.h"

struct purse {
    UT_hash_handle hh;
    uint64_t id;
    size_t inside;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct purse *purses;

static struct purse *find(uint64_t id)
{
    struct purse *purse;
    HASH_FIND(hh, purses, &id, sizeof(id), purse);
    return purse;
}

bool crowd_enter(uint64_t purse_id, size_t most)
{
    pthread_mutex_lock(&lock);
    struct purse *purse = find(purse_id);
    bool enters = most > 0 && (purse == NULL || purse->inside < most);
    if (enters && purse == NULL) {
        purse = NEW(struct purse);
        purse->id = purse_id;
        HASH_ADD(hh, purses, id, sizeof(purse->id), purse);
    }
    if (enters)
        purse->inside++;
    pthread_mutex_unlock(&lock);
    return enters;
}

void crowd_leave(uint64_t purse_id)
{
    pthread_mutex_lock(&lock);
    struct purse *purse = find(purse_id);
    assert(purse != NULL && purse->inside > 0);
    if (--purse->inside == 0) {
        HASH_DEL(purses, purse);
        free(purse);
    }
    pthread_mutex_unlock(&lock);
}
