#ifndef DIALECT_MAILCAFF_PRIVATE_H
#define DIALECT_MAILCAFF_PRIVATE_H

#include "dialect/mailcaff.h"

/* Between the files of the mailcaff voice.  Pure. */

/* One line of the score: what it adds to the base of each status, or takes away.
 * src/dialect/mailcaff_score.c has the table, README lists it. */
struct mailcaff_factor {
    const char *name; /* "role account" */
    bool (*seen)(const struct facts *facts, const struct verdict *verdict, enum mailcaff_mode mode);
    int points[MAILCAFF_STATUS_COUNT];
};
enum { MAILCAFF_FACTOR_COUNT = 10 };
extern const struct mailcaff_factor mailcaff_factors[MAILCAFF_FACTOR_COUNT];

/* Their sum for a status; not held in any band. */
int mailcaff_points_of(const struct facts *facts, const struct verdict *verdict,
                       enum mailcaff_mode mode, enum mailcaff_status status);

/* What a mail server and DNS said, as this voice sees it; false when that is not known, and a mail
 * server is never asked in quick mode. */
bool mailcaff_accepted(const struct facts *facts, const struct verdict *verdict,
                       enum mailcaff_mode mode);
bool mailcaff_connected(const struct facts *facts, enum mailcaff_mode mode);
bool mailcaff_has_mx(const struct facts *facts);

/* Every member of an answer, for JSON and CSV alike.  Strings belong to the facts, or are static.
 */
struct mailcaff_answer {
    const char *email, *status;
    int quality_score;
    bool is_valid, is_deliverable, is_disposable, is_role_account, is_free_email;
    bool can_connect_smtp, mx_accepts_mail;
    const char *mode;
    bool is_spam_trap;
};
struct mailcaff_answer mailcaff_answer_of(const struct facts *facts, const struct verdict *verdict,
                                          enum mailcaff_mode mode);

/* The same of a search.  NULL: null. */
struct mailcaff_find_answer {
    bool found;
    const char *email, *confidence, *pattern, *source;
    const char *reason; /* present only when nothing was found */
};
struct mailcaff_find_answer mailcaff_find_answer_of(const struct facts *facts);
/* "confidence", "pattern", "source" and, when nothing was found, "reason". */
void mailcaff_write_find_how(struct json_out *json, const struct mailcaff_find_answer *answer);
/* The members of the answer to POST /find into an object that is open. */
void mailcaff_write_find(struct json_out *json, const struct facts *facts, int64_t response_ms);

#endif
