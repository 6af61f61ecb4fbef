/* threads.c - conditions by the monotonic clock, threads without signals, and how two of them meet.
 */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/threads.h"

void cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

bool cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms)
{
    struct timespec until;
    if (ms <= 0)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return pthread_cond_timedwait(cond, lock, &until) != ETIMEDOUT;
}

int thread_start(pthread_t *thread, void *(*fn)(void *), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, NULL, fn, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

void meeting_arrive(struct meeting *meeting)
{
    pthread_mutex_lock(&meeting->lock);
    meeting->there = true;
    pthread_cond_signal(&meeting->arrived);
    pthread_mutex_unlock(&meeting->lock);
}

void meeting_wait(struct meeting *meeting)
{
    pthread_mutex_lock(&meeting->lock);
    while (!meeting->there)
        pthread_cond_wait(&meeting->arrived, &meeting->lock);
    pthread_mutex_unlock(&meeting->lock);
}
