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
 * source).  A session slot is an open-file-description byte-range lock on that file, so the kernel
 * frees those of a process that dies; session starts are a GCRA clock in the cell; so are slow-down
 * and breaker.  Nothing here blocks or waits: the caller is told how long to.  One thread per
 * `struct pace`; any number of processes, and of `struct pace`s in one process. */
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

/* All limits towards one operator, per source address. */
struct pace_limits {
    int sessions;           /* at once, all processes of the host */
    int starts_per_second;  /* new sessions */
    int rcpts_per_session;  /* recipients asked for in one session */
    int errors_per_session; /* refusals after which a session ends itself */
};

struct pace;
/* `internet` tells apart programs that ask different name servers (a test's, the real ones): it
 * becomes part of the default file's name.  NULL: `why` says what is wrong with the file. */
struct pace *pace_open(const struct pace_settings *settings, const char *internet, char *why,
                       size_t why_size);
void pace_close(struct pace **pace); /* all permits have ended */

/* The leave to hold one session. */
struct pace_permit;

enum pace_answer {
    PACE_GO,     /* the permit is yours */
    PACE_WAIT,   /* not yet: ask again after wait_ms */
    PACE_CLOSED, /* the breaker is open for wait_ms more: do not ask this operator */
};
struct pace_decision {
    enum pace_answer answer;
    int64_t wait_ms;
    const char *why; /* static: "sessions", "starts", "slow-down", "breaker" */
    uint64_t memo;   /* of PACE_CLOSED: as given with the last refusal */
};
/* `source` is the numeric address dialled from, "" when the system chooses. */
struct pace_decision pace_start(struct pace *pace, const char *operator, const char * source,
                                const struct pace_limits *limits, struct pace_permit **permit);
void pace_end(struct pace_permit **permit); /* the connection is gone; NULL-safe, nulls */

/* How the operator treated us in this session, told at most once per kind and session. */
enum pace_report {
    PACE_SERVED,  /* took MAIL: ends a row of refusals, and lets a slow-down fade */
    PACE_REFUSED, /* turned us away before RCPT: counts towards the breaker */
    PACE_SLOWED,  /* 421, or words about rate: fewer sessions, a pause; counts likewise */
};
/* `memo` (not of PACE_SERVED) is handed to those whom an open breaker turns away. */
void pace_report(struct pace_permit *permit, enum pace_report report, uint64_t memo);

/* The state of one cell, for statistics and for people. */
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
