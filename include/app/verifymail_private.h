#ifndef APP_VERIFYMAIL_PRIVATE_H
#define APP_VERIFYMAIL_PRIVATE_H

#include "account/teller.h"
#include "app/idempotent.h"
#include "app/risk_check.h"
#include "dialect/verifymail.h"
#include "http/json_strings.h"

/* What verifymail's endpoints that check something share; for siblings in src/app only. */
enum { VERIFYMAIL_PRICE = 1, VERIFYMAIL_HOLD_SLACK_MS = 60 * 1000, VERIFYMAIL_EMAIL_MAX = 1000 };

/* Profile and phase: the header, else the default.  false: answered. */
bool verifymail_read_terms(struct http_exchange *exchange, struct risk_terms *terms);
/* A parameter of the body (or of the query) that is a text and must be there, without the blanks
 * around it.  false: answered. */
bool verifymail_read_text(struct http_exchange *exchange, const char *name, bool from_query,
                          struct http_text *out);
/* An address as it came, or the beginning of what is far too long to be one: an answer repeats it,
 * and is bounded by that.  Not NUL-terminated. */
struct http_text verifymail_email_of(struct http_text given);
/* The body's `emails`, at most so many.  false: answered. */
bool verifymail_read_emails(struct http_exchange *exchange, size_t most, struct http_texts *out);
/* Of credits that did not move; VERIFYMAIL_ERROR_COUNT: they did. */
enum verifymail_error verifymail_unpaid(enum teller_result paid);
/* Asks about all of them, and says what keeps us from an answer; VERIFYMAIL_ERROR_COUNT: nothing.
 * Of one, DNS that does not answer does; of several, it is a row like any. */
enum verifymail_error verifymail_ask(struct app *app, const struct risk_terms *terms,
                                     struct risk_item *items, size_t count, bool several);
/* What is kept of a check beside its charge. */
struct check_result verifymail_result_of(const struct risk_item *item);
struct verifymail_meta verifymail_meta_of(const struct http_exchange *exchange,
                                          const struct risk_item *item, int64_t latency_ms);
/* Once for each Idempotency-Key; `turns` checks one behind the other. */
void verifymail_handle_once(struct http_exchange *exchange, const char *endpoint, int64_t turns,
                            http_handler *handler);

#endif
