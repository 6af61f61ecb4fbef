#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/cli.h"

/* One finding of `vrfy doctor`: how it looks, what was seen, and what to do about it. */
enum finding_state { FINDING_OK, FINDING_WARN, FINDING_BAD, FINDING_SKIPPED };

struct finding {
    enum finding_state state;
    char seen[200];
    char advice[300]; /* "" when there is nothing to do */
};

/* What the caller asked for. */
struct doctor {
    const char *url; /* of the web server to ask; NULL: none */
};

typedef struct finding doctor_check(const struct doctor *doctor);

struct finding finding(enum finding_state state, const char *advice, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* cli/doctor_net.c: what needs the network. */
struct finding doctor_block_list(
    const char *zone); /* does this list tell, and does it make sense? */
doctor_check doctor_helo, doctor_resolver, doctor_port25, doctor_reverse_dns;
/* cli/doctor_local.c: what is on this host. */
doctor_check doctor_settings, doctor_lists, doctor_spam_traps, doctor_disposable, doctor_database,
    doctor_schema, doctor_worker, doctor_web;

#endif
