#ifndef SMTP_POLICY_PRIVATE_H
#define SMTP_POLICY_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "smtp/smtp_policy.h"

/* Shared by the files of smtp_policy alone. */

/* What the words of a reply are about.  Several may be found in one reply; the rules decide which
 * of them counts. */
enum smtp_topic {
    TOPIC_NONE,
    TOPIC_GREYLIST,
    TOPIC_RATE,
    TOPIC_SESSION,
    TOPIC_BLOCKED, /* our host, its name or reputation; the content */
    TOPIC_SENDER,  /* the address we gave as MAIL FROM */
    TOPIC_RELAY,   /* the recipient's domain is not served there */
    TOPIC_TLS,
    TOPIC_AUTH,
    TOPIC_FULL,
    TOPIC_MOVED,
    TOPIC_UNKNOWN, /* the mailbox does not exist, in so many words */
    TOPIC_DISABLED,
    TOPIC_SYSTEM,      /* their system is at fault */
    TOPIC_TEMPORARY,   /* come again, without saying why */
    TOPIC_UNAVAILABLE, /* RFC 5321's stock texts of 550 and 553 */
    TOPIC_COUNT
};

/* For every topic the reason ("phrase: no such user") of the first phrase found, or NULL. */
struct smtp_topics {
    const char *reason[TOPIC_COUNT];
};

/* A reply's text made comparable: " user unknown in local recipient table ". */
enum { SMTP_WORDS_MAX = 16384 };
struct smtp_words {
    size_t len;
    char text[SMTP_WORDS_MAX + 8];
};

void smtp_words_from(const char *text, size_t len, struct smtp_words *out);
void smtp_topics_find(const struct smtp_words *words, struct smtp_topics *out);
/* A quick look: false means that no phrase of TOPIC_TLS is in this text. */
bool smtp_topics_may_be_tls(const char *text);

/* A reply as the rules see it. */
struct smtp_evidence {
    const struct smtp_policy_context *context;
    int code;
    int subject, detail; /* RFC 3463; 0.0 when absent */
    struct smtp_topics topics;
};

struct smtp_policy_result smtp_rules_apply(const struct smtp_evidence *evidence);

#endif
