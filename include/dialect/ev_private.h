#ifndef DIALECT_EV_PRIVATE_H
#define DIALECT_EV_PRIVATE_H

#include "dialect/ev.h"

/* What the files of the ev voice share.  Pure. */

/* One factor of the score: src/dialect/ev_score.c has the table, README lists it. */
struct ev_factor {
    const char *name; /* "recipient accepted" */
    int points;
    bool (*seen)(const struct facts *facts, const struct verdict *verdict);
};
enum { EV_FACTOR_COUNT = 19 };
extern const struct ev_factor ev_factors[EV_FACTOR_COUNT];

/* Their sum, before it is held in the band of a tier. */
int ev_points_of(const struct facts *facts, const struct verdict *verdict);

/* Every scalar member of the answer, for JSON and CSV alike.  Strings belong to the facts. */
struct ev_answer {
    const char *email, *domain;
    struct ev_opinion opinion;
    const char *tier;
    const char *provider; /* NULL unknown */
    bool is_role, is_disposable;
    bool connected, mailbox_exists;
    int response_code;  /* 0: no reply */
    int64_t latency_ms; /* -1: no server was asked */
    bool is_catch_all, spf, dmarc;
    char verified_at[32];
    bool cached;
};
struct ev_answer ev_answer_of(const struct facts *facts, const struct verdict *verdict);

/* The members of GET /jobs/{id} into an object that is open. */
void ev_write_job(struct json_out *json, const char *id, const char *status, int64_t total,
                  const int64_t counts[EV_TIER_COUNT], int64_t created_us);

#endif
