#ifndef IO_PACE_H
#define IO_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/settings.h"

/* How fast one receiving operator may be asked from one of our addresses, by all processes of this
 * host together.
 *
 * The state is one file per host and user, mapped by every process, with a cell per (operator,
 * source): how many sessions each process holds, a GCRA clock of session starts, slow-down and
 * breaker.  Every process (every `struct pace`) holds one lock on the file, which the kernel frees
 * when it dies: the sessions of the dead are not counted.  (A lock per session would do that too,
 * but the kernel keeps a file's locks in a list: 0.36 ms per session with 10,000 of them.)
 *
 * Nothing here blocks or waits, pace_open apart: the caller is told how long to.  One thread per
 * `struct pace`; any number of processes, and of `struct pace`s in one process; none goes through
 * fork().  Bounds: 61,440 pairs at once, 32 processes at once in sessions with one pair, 4,096
 * processes; beyond, sessions wait, or pairs share a cell: never more than the limits. */
struct pace_settings {
    const char *file;          /* "" = one per user, and per internet asked, in /dev/shm */
    int64_t starts_per_second; /* new sessions; 0 = ten times the sessions at once */
    const char *operators;     /* limits by operator's name; read by verify/operators.c */
    int64_t breaker_after;     /* refusals of us in a row that open the breaker */
    int64_t breaker_ms;        /* how long it stays open the first time; doubles */
    int64_t slow_down_ms;      /* the first pause after a 421 or a word about rate; triples */
};
extern struct pace_settings pace_settings;
extern const struct settings_table pace_settings_table;

enum { PACE_SESSIONS_MAX = 1000 };

/* All limits towards one operator, per source address. */
struct pace_limits {
    int sessions;           /* at once, all processes of the host; 1..PACE_SESSIONS_MAX */
    int starts_per_second;  /* new sessions, once `sessions` have started at once; 0: ten times */
    int rcpts_per_session;  /* recipients asked for in one session; not looked at here */
    int errors_per_session; /* refusals after which a session ends itself; not looked at here */
};

struct pace;
/* `internet` tells apart programs that ask different name servers (a test's, the real ones): it
 * becomes part of the default file's name.  May wait 2 s for another process that opens it.  The
 * settings' values are copied.  NULL: `why` says what is wrong with the file, and what to do. */
struct pace *pace_open(const struct pace_settings *settings, const char *internet, char *why,
                       size_t why_size);
void pace_close(struct pace **pace); /* all permits have ended; NULL-safe, nulls */

/* The leave to hold one session. */
struct pace_permit;

enum pace_answer {
    PACE_GO,     /* the permit is yours */
    PACE_WAIT,   /* not yet: ask again after wait_ms */
    PACE_CLOSED, /* the breaker is open for wait_ms more: do not ask this operator */
};
struct pace_decision {
    enum pace_answer answer;
    int64_t wait_ms; /* exact, but when others hold what we want: then a short one, with jitter */
    const char *why; /* static: "sessions", "starts", "slow-down", "breaker" */
    uint64_t memo;   /* of "slow-down" and "breaker": as given with the last refusal */
};
/* A breaker that was open long enough lets one session through, for a trial; the others WAIT.
 * `source` is the numeric address dialled from, "" when the system chooses. */
struct pace_decision pace_start(struct pace *pace, const char *operator, const char * source,
                                const struct pace_limits *limits, struct pace_permit **permit);
void pace_end(struct pace_permit **permit); /* the connection is gone; NULL-safe, nulls */

/* How the operator treated us in this session, told at most once per kind and session.  What a
 * session says that began before the last pause, or before another one was served, is old news:
 * it is counted, and changes nothing. */
enum pace_report {
    PACE_SERVED,  /* took MAIL: ends a row of refusals, and lets a slow-down fade */
    PACE_REFUSED, /* turned us away before RCPT: counts towards the breaker */
    PACE_SLOWED,  /* 421, or words about rate: fewer sessions, a pause; counts likewise */
};
/* `memo` (not of PACE_SERVED) is handed to those whom an open breaker turns away. */
void pace_report(struct pace_permit *permit, enum pace_report report, uint64_t memo);

/* The state of one cell, for statistics and for people.  Printable ASCII.  A cell shared for want
 * of room has the operator "(several)". */
struct pace_state {
    char operator[64], source[48];
    int sessions;       /* held now, by all processes */
    int sessions_max;   /* allowed now: limits.sessions, less when slowed down */
    int slow_level;     /* 0: full speed */
    int refusals;       /* of us, in a row */
    int64_t pause_ms;   /* until sessions may start again */
    int64_t breaker_ms; /* until the breaker closes; 0: closed */
    int64_t idle_ms;    /* since the last session began or ended */
    uint64_t starts, slowed, refused, opened; /* since the cell came to be */
};
typedef void pace_state_fn(const struct pace_state *state, void *arg);
void pace_each(struct pace *pace, pace_state_fn *fn, void *arg);
/* Closes the breaker and ends the slow-down of every cell of this operator; how many there were. */
size_t pace_forgive(struct pace *pace, const char *operator);

#endif
