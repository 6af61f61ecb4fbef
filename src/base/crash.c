/* crash.c - dying at a chosen place, so that tests can look at what is left.  In no release build.
 *
 * Loops pass the same statement many times: what comes behind STATEMENTS_MAX in a transaction has
 * no name of its own. */
#include "base/crash.h"

#ifdef VRFY_CRASH_POINTS
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/xalloc.h"

enum { STATEMENTS_MAX = 30, NAME_MAX_LEN = 160 };

struct passed {
    UT_hash_handle hh;
    char name[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct passed *all;

/* What may happen to us, and how often we came by where it shall; under the lock. */
static struct wish {
    const char *variable;
    int signo;
    unsigned long hits;
} wishes[] = {{"VRFY_CRASH", SIGKILL, 0}, {"VRFY_STOP", SIGSTOP, 0}};

/* Under the lock. */
static void note(const char *file, const char *name)
{
    struct passed *known = NULL;
    size_t len = strlen(name);
    HASH_FIND(hh, all, name, len, known);
    if (known != NULL)
        return;
    known = x_calloc(1, sizeof(*known) + len + 1);
    memcpy(known->name, name, len);
    HASH_ADD_KEYPTR(hh, all, known->name, len, known);
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd >= 0) {
        dprintf(fd, "%s\n", name);
        close(fd);
    }
}

/* Under the lock: is it there, "NAME" or "NAME@K", that it shall happen? */
static bool is_wanted(struct wish *wish, const char *name)
{
    const char *wanted = getenv(wish->variable);
    size_t len = wanted != NULL ? strcspn(wanted, "@") : 0;
    if (wanted == NULL || strlen(name) != len || memcmp(name, wanted, len) != 0)
        return false;
    unsigned long at = wanted[len] == '@' ? strtoul(wanted + len + 1, NULL, 10) : 1;
    return ++wish->hits == at;
}

void crash_point(const char *name)
{
    const char *file = getenv("VRFY_CRASH_LOG");
    pthread_mutex_lock(&lock);
    if (file != NULL)
        note(file, name);
    int signo = 0;
    for (size_t i = 0; i < COUNT_OF(wishes); i++)
        if (is_wanted(&wishes[i], name))
            signo = wishes[i].signo;
    pthread_mutex_unlock(&lock);
    if (signo != 0)
        kill(getpid(), signo);
    if (signo == SIGKILL)
        pause();
}

void crash_point_statement(const char *transaction, int number, bool after)
{
    char name[NAME_MAX_LEN];
    if (transaction == NULL || number > STATEMENTS_MAX)
        return;
    snprintf(name, sizeof(name), "%s:%d:%s", transaction, number, after ? "after" : "before");
    crash_point(name);
}
#endif
