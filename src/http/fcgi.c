/* fcgi.c - FastCGI with many threads; the only file that knows libfcgi.
 *
 * Leader and followers: one thread, the leader, waits for the listening socket or the stop event.
 * When a connection comes it hands the turn to a follower (a new thread when none waits and there
 * is room), then accepts without blocking, so losing a race costs one EAGAIN.  Threads in a plain
 * FCGX_Accept_r could not be told to stop.
 *
 * Signals are blocked in every thread, since they inherit our mask, and taken by sigwait in the
 * main one: SIGTERM, SIGINT and SIGUSR1 (FastCGI's word for it) end the process, SIGHUP reopens the
 * log. Stopping, the leader goes at once, running requests finish, and a thread that is still
 * reading the variables of a request gets a second for it.  A socket of our own is unlinked first
 * and what already waits in it is served.
 *
 * libfcgi hides two waits of 2 s: for the first byte after accepting on a Unix socket and, closing,
 * for the peer to close too.  Its environment variables shorten them, so that a health probe that
 * only connects or a web server that dawdles cannot hold the end of a process up. */
#include <assert.h>
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "http/serve.h"

enum { STACK_SIZE = 256 * 1024, ACCEPT_GRACE_MS = 1000, ACCEPT_ERROR_PAUSE_MS = 100 };
enum { ABORT_LOOK_MS = 50, ABORT_WAIT_MS = 1000 };

/* A request thread; joined when it has left: nothing of it is left when the process ends. */
struct member {
    pthread_t thread;
    bool left;
};

/* One per process.  Static: a thread that outlives the grace period may still look at it. */
static struct pool {
    const struct http_server *server;
    int listen_fd, stop_fd;
    bool own_socket;

    pthread_mutex_t lock;
    pthread_cond_t turn;    /* the leader's place is free, or we stop */
    pthread_cond_t changed; /* a thread ended or got past accepting */
    bool led;
    bool stopping;  /* no more waiting for connections */
    bool abandoned; /* the main thread has gone on: serve nothing any more */
    int threads, waiting, accepting;
    struct member *members; /* room for all; threads end only when we stop */
    int started;
} pool = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .turn = PTHREAD_COND_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
};

static void *thread_main(void *arg);

/* Under the lock. */
static bool thread_start(void)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    struct member *member = &pool.members[pool.started];
    int error = pthread_create(&member->thread, &attr, thread_main, member);
    pthread_attr_destroy(&attr);
    if (error != 0) {
        log_warn("cannot start request thread %d: %s", pool.threads + 1, strerror(error));
        return false;
    }
    pool.threads++;
    pool.started++;
    return true;
}

/* Waits until nobody leads.  false: we stop. */
static bool turn_take(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.waiting++;
    while (pool.led && !pool.stopping)
        pthread_cond_wait(&pool.turn, &pool.lock);
    pool.waiting--;
    bool mine = !pool.stopping;
    if (mine)
        pool.led = true;
    pthread_mutex_unlock(&pool.lock);
    return mine;
}

/* The leader's wait.  true: a connection is there to be accepted. */
static bool connection_wait(void)
{
    struct pollfd fds[] = {{.fd = pool.listen_fd, .events = POLLIN},
                           {.fd = pool.stop_fd, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0)
        assert(errno == EINTR || errno == ENOMEM);
    bool connection = fds[0].revents != 0; /* an error shows when accepting */
    if (fds[1].revents != 0)
        return pool.own_socket && connection; /* unlinked: what waits is all there will be */
    return connection;
}

/* Who is woken finds the lock free. */
static void turn_pass(bool connection)
{
    pthread_mutex_lock(&pool.lock);
    pool.led = false;
    bool follower = pool.waiting > 0;
    if (!connection) {
        pool.stopping = true;
        pthread_cond_broadcast(&pool.turn);
    } else {
        pool.accepting++;
        if (!follower && pool.threads < pool.server->settings->threads)
            thread_start();
    }
    pthread_mutex_unlock(&pool.lock);
    if (connection && follower)
        pthread_cond_signal(&pool.turn);
}

/* Accepting is over, well or not.  false: it took so long that the process is ending without us. */
static bool accept_leave(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.accepting--;
    bool go_on = !pool.abandoned;
    pthread_cond_signal(&pool.changed);
    pthread_mutex_unlock(&pool.lock);
    return go_on;
}

static void thread_leave(struct member *member)
{
    pthread_mutex_lock(&pool.lock);
    pool.threads--;
    member->left = true;
    pthread_cond_signal(&pool.changed);
    pthread_mutex_unlock(&pool.lock);
}

static const char *fcgi_variable(void *arg, const char *name)
{
    FCGX_Request *fcgi = arg;
    return FCGX_GetParam(name, fcgi->envp);
}

static ssize_t fcgi_read(void *arg, void *out, size_t len)
{
    FCGX_Request *fcgi = arg;
    int n = FCGX_GetStr(out, len < INT_MAX ? (int)len : INT_MAX, fcgi->in);
    return n > 0 || FCGX_GetError(fcgi->in) == 0 ? n : -1;
}

static bool fcgi_write(void *arg, const void *data, size_t len)
{
    FCGX_Request *fcgi = arg;
    assert(len <= INT_MAX);
    return FCGX_PutStr(data, (int)len, fcgi->out) == (int)len;
}

static bool fcgi_flush(void *arg)
{
    FCGX_Request *fcgi = arg;
    return FCGX_FFlush(fcgi->out) == 0;
}

/* What FCGX_Finish_r would write to end the request well, the rest of the answer included, goes
 * nowhere then.  A connection that closes without FCGI_END_REQUEST is to a web server a program
 * that died: lighttpd and mod_proxy_fcgi close the client's without an end of the chunked body.
 * (mod_fcgid adds its error page to what was sent, and ends well.)  lighttpd must have passed the
 * head on before it sees our end, or it counts what it has and calls it all. */
static void fcgi_abort(void *arg)
{
    FCGX_Request *fcgi = arg;
    int unread = 0;
    for (int ms = 0; ms < ABORT_WAIT_MS; ms += ABORT_LOOK_MS) {
        poll(NULL, 0, ABORT_LOOK_MS);
        if (ioctl(fcgi->ipcFd, SIOCOUTQ, &unread) != 0 || unread == 0)
            break;
    }
    poll(NULL, 0, ABORT_LOOK_MS);
    shutdown(fcgi->ipcFd, SHUT_RDWR);
}

static void request_serve(FCGX_Request *fcgi)
{
    int64_t ms = pool.server->settings->io_timeout_ms;
    struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    setsockopt(fcgi->ipcFd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fcgi->ipcFd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    struct http_transport transport = {.variable = fcgi_variable,
                                       .read = fcgi_read,
                                       .write = fcgi_write,
                                       .flush = fcgi_flush,
                                       .abort = fcgi_abort,
                                       .arg = fcgi};
    http_answer(pool.server, &transport);
    /* A kept connection would pin this thread until its peer speaks again. */
    fcgi->keepConnection = 0;
    FCGX_Finish_r(fcgi);
}

/* true: a request is in *fcgi, its variables read. */
static bool request_accept(FCGX_Request *fcgi)
{
    int rc = FCGX_Accept_r(fcgi);
    if (rc != 0 && rc != -EAGAIN && rc != -EINTR && rc != -ECONNABORTED) {
        log_warn("accepting a FastCGI request failed (%d)", rc);
        poll(NULL, 0, ACCEPT_ERROR_PAUSE_MS);
    }
    return rc == 0;
}

static void *thread_main(void *arg)
{
    struct member *member = arg;
    FCGX_Request fcgi;
    FCGX_InitRequest(&fcgi, pool.listen_fd, FCGI_FAIL_ACCEPT_ON_INTR);
    while (turn_take()) {
        bool connection = connection_wait();
        turn_pass(connection);
        if (!connection)
            break;
        bool accepted = request_accept(&fcgi);
        if (!accept_leave())
            return NULL;
        if (accepted)
            request_serve(&fcgi);
    }
    FCGX_Free(&fcgi, 1);
    thread_leave(member);
    return NULL;
}

/* Returns when it is time to stop. */
static void signals_wait(const sigset_t *set)
{
    int signo;
    while (sigwait(set, &signo) != 0 || signo == SIGHUP)
        log_reopen();
}

/* Ends the waiting, lets the running requests finish. */
static void pool_stop(void)
{
    uint64_t one = 1;
    if (write(pool.stop_fd, &one, sizeof(one)) != sizeof(one))
        log_error("cannot signal the request threads: %s", strerror(errno));
    struct timespec grace;
    clock_gettime(CLOCK_REALTIME, &grace);
    grace.tv_sec += ACCEPT_GRACE_MS / 1000;
    pthread_mutex_lock(&pool.lock);
    bool patient = true;
    while (pool.threads > 0 && (patient || pool.threads > pool.accepting)) {
        if (!patient)
            pthread_cond_wait(&pool.changed, &pool.lock);
        else if (pthread_cond_timedwait(&pool.changed, &pool.lock, &grace) == ETIMEDOUT)
            patient = false;
    }
    pool.abandoned = true;
    pthread_mutex_unlock(&pool.lock);
    for (int i = 0; i < pool.started; i++)
        if (pool.members[i].left)
            pthread_join(pool.members[i].thread, NULL);
}

static void shorten_waits(void)
{
    setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", "500", 0); /* milliseconds */
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "500", 0);
}

bool fcgi_is_started(void)
{
    shorten_waits();
    struct sigaction before[2];
    sigaction(SIGTERM, NULL, &before[0]);
    sigaction(SIGUSR1, NULL, &before[1]);
    bool started = !FCGX_IsCGI();
    /* libfcgi has put its own handlers there, and a CGI program must die of SIGTERM. */
    sigaction(SIGTERM, &before[0], NULL);
    sigaction(SIGUSR1, &before[1], NULL);
    return started;
}

static bool pool_start(const struct http_server *server, int listen_fd, bool own_socket)
{
    shorten_waits();
    pool.server = server;
    pool.listen_fd = listen_fd;
    pool.own_socket = own_socket;
    pool.members = x_calloc((size_t)server->settings->threads, sizeof(struct member));
    pool.stop_fd = eventfd(0, EFD_CLOEXEC);
    int flags = fcntl(listen_fd, F_GETFL);
    if (pool.stop_fd < 0 || flags < 0 || fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        FCGX_Init() != 0) {
        log_error("cannot start serving FastCGI: %s", strerror(errno));
        return false;
    }
    pthread_mutex_lock(&pool.lock);
    bool started = thread_start();
    pthread_mutex_unlock(&pool.lock);
    return started;
}

int fcgi_serve(const struct http_server *server, int listen_fd, const char *path)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);

    if (server->ready != NULL)
        server->ready(server->context, true);
    bool started = pool_start(server, listen_fd, path != NULL);
    if (started)
        signals_wait(&set);
    if (started && server->stopping != NULL)
        server->stopping(server->context);
    if (path != NULL)
        unlink(path);
    if (started)
        pool_stop();
    return started ? EX_OK : EX_OSERR;
}
