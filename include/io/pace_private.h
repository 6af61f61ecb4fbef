#ifndef IO_PACE_PRIVATE_H
#define IO_PACE_PRIVATE_H

#include <stdatomic.h>

#include "io/pace.h"

/* What the pace_*.c share: the file's layout, its cells, and the two words of a cell.
 *
 * Every field that processes share is a lock-free atomic of at most 8 bytes, and every change of
 * state is one compare-and-swap: a process may die between any two instructions. */
enum {
    PACE_VERSION = 1,
    PACE_BUCKETS = 4096,
    PACE_BUCKET_CELLS = 16, /* of which the last is the shared one */
    PACE_SHARED = PACE_BUCKET_CELLS - 1,
    PACE_HOLDERS = 32,     /* processes in sessions with one operator at once */
    PACE_PROCESSES = 4096, /* alive at once */
    PACE_OPERATOR_SIZE = 64,
    PACE_SOURCE_SIZE = 48,
    PACE_NAME_WORDS = (PACE_OPERATOR_SIZE + PACE_SOURCE_SIZE) / 8,
    PACE_LEVEL_MAX = 5,
};

/* A process: its index in the table in the upper 12 bits, below them which one that was there. */
typedef uint32_t pace_owner;

struct pace_cell {
    _Atomic uint64_t slow, breaker; /* pace_words.c */
    _Atomic uint64_t memo;
    _Atomic int64_t start_us;   /* GCRA: when the start after the last one would be due */
    _Atomic int64_t served_us;  /* the last session that was served */
    _Atomic int64_t touched_us; /* the last session began or ended */
    _Atomic uint64_t starts, slowed, refused, opened;
    _Atomic uint64_t sessions_max; /* as the last one who asked had it */
    _Atomic uint64_t names[PACE_NAME_WORDS];
    _Atomic uint64_t holders[PACE_HOLDERS]; /* owner << 32 | its sessions; 0 sessions: vacant */
};

/* keys[i] is whose cells[i] is: 0 nobody's, PACE_TAKEN in the hands of who holds the bucket, else
 * the pair's hash.  keys[PACE_SHARED] is the bucket's lock: 0, or the owner who holds it. */
enum { PACE_TAKEN = 1 };
struct pace_bucket {
    _Atomic uint64_t keys[PACE_BUCKET_CELLS];
    struct pace_cell cells[PACE_BUCKET_CELLS];
    char room[8192 - PACE_BUCKET_CELLS * (8 + sizeof(struct pace_cell))];
};
_Static_assert(sizeof(struct pace_bucket) == 8192, "whole pages");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share atomics");

/* Text in fixed fields, so that a look with `head` tells what the file is. */
struct pace_header {
    char magic[16];
    uint32_t version, buckets;
    char boot_id[40];
};

struct pace_file {
    union {
        struct pace_header header;
        char room[4096];
    };
    _Atomic uint32_t generations[PACE_PROCESSES]; /* how often each index was given out */
    struct pace_bucket buckets[PACE_BUCKETS];
};

struct pace {
    struct pace_settings settings; /* without its strings */
    int fd;
    struct pace_file *file;
    pace_owner me;
    size_t permits;
    uint64_t dice;                     /* state of the jitter */
    uint8_t ready[PACE_BUCKETS / 8];   /* bit per bucket that has its pages */
    uint8_t lacking[PACE_BUCKETS / 8]; /* bit per bucket that got none */
};

/* ---- pace_file.c ---- */

/* Opens, makes, checks and maps the file, and enters this process in its table. */
bool pace_file_open(struct pace *pace, const char *path, char *why, size_t why_size);
void pace_file_close(struct pace *pace);
/* False when the process that was `owner` is dead, or never was. */
bool pace_owner_alive(const struct pace *pace, pace_owner owner);
/* Gives the bucket its pages.  A full file system would otherwise be a SIGBUS. */
bool pace_file_ready(struct pace *pace, size_t bucket);
/* The first bucket from `from` on that was ever used; PACE_BUCKETS: no more. */
size_t pace_file_used(const struct pace *pace, size_t from);

/* ---- pace_cell.c ---- */

struct pace_pair {
    const char *operator, * source;
    uint64_t key;
};
struct pace_pair pace_pair(const char *operator, const char * source);
struct pace_bucket *pace_bucket_of(struct pace *pace, uint64_t key);

/* The pair's cell: its own (claimed when it has none), or the shared one of a full bucket.
 * NULL: somebody is changing the bucket, ask again in a moment. */
struct pace_cell *pace_cell_find(struct pace *pace, const struct pace_pair *pair, int64_t now_us);
/* Whether a session counted in `cell` a moment ago is counted in the right one. */
bool pace_cell_still_of(struct pace *pace, const struct pace_cell *cell, uint64_t key);

/* Sessions held.  With `bury`, those of dead processes are removed first: system calls. */
uint64_t pace_cell_held(const struct pace *pace, struct pace_cell *cell, bool bury);
/* Counts one more of ours; false when too many processes hold sessions there already. */
bool pace_cell_hold(const struct pace *pace, struct pace_cell *cell);
void pace_cell_release(const struct pace *pace, struct pace_cell *cell);

/* ---- pace_words.c: pure, milliseconds of one clock ---- */

/* How much slower than allowed, 0 when at full speed. */
struct pace_slow {
    int64_t since_ms; /* the end of the last pause; it fades from there */
    unsigned served;  /* sessions since the last change */
    unsigned level;
};
struct pace_slow pace_slow_read(uint64_t word, int64_t now_ms);
/* The operator asked for less, in a session that began at started_ms.  False: nothing new. */
bool pace_slow_down(uint64_t *word, int64_t started_ms, int64_t now_ms, int64_t first_ms);
void pace_slow_served(uint64_t *word, int64_t now_ms);

struct pace_breaker {
    int64_t at_ms;     /* openings > 0: when the trial may begin; else the last refusal */
    unsigned openings; /* 0: closed */
    unsigned row;      /* refusals in a row, while closed */
};
struct pace_breaker pace_breaker_read(uint64_t word, int64_t now_ms);
/* Refused once more; `trial`: in the session that an open breaker let through.  True: it opens. */
bool pace_breaker_refused(uint64_t *word, bool trial, int64_t now_ms,
                          const struct pace_settings *settings);
void pace_breaker_served(uint64_t *word, bool trial, int64_t now_ms);

#endif
