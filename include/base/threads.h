#ifndef BASE_THREADS_H
#define BASE_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* What POSIX threads make long: conditions by the monotonic clock, threads without signals, one
 * thread that waits for what another brings. */
void cond_init(pthread_cond_t *cond); /* pthread_cond_destroy ends it */
/* Waits under the lock until signalled or for `ms` (0 or less: not at all).  false: the time is
 * over.  It may also wake for nothing. */
bool cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms);
/* A thread that takes no signals: they are the main thread's.  0, or the error. */
int thread_start(pthread_t *thread, void *(*fn)(void *), void *arg);

/* One thread waits until another has come, once.  What is brought lies beside it. */
struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    bool there;
};
#define MEETING_INIT ((struct meeting){PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false})
void meeting_arrive(struct meeting *meeting); /* it may be gone when this returns */
void meeting_wait(struct meeting *meeting);

#endif
