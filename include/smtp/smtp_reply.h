#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "model/reply.h"

/* Received bytes into SMTP replies (RFC 5321 4.2).
 *
 *     Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
 *     Reply-code = %x32-35 %x30-39 %x30-39
 *
 * Limits: line 2,048 octets, 64 lines, 16 KiB a reply.  Code the same on all lines.  NUL, bare CR
 * or bare LF, another code, a line too long: protocol error. */
enum { SMTP_LINE_MAX = 2048, SMTP_LINES_MAX = 64, SMTP_REPLY_MAX = 16384 };

enum smtp_read { SMTP_READ_BAD = -1, SMTP_READ_MORE = 0, SMTP_READ_DONE = 1 };

/* Looks at the unread input.  DONE: *reply is filled (text in `arena`) and *used says how many
 * bytes it took; MORE: nothing consumed, call again with more bytes; BAD: *why says what is wrong.
 * Reads from the start each time; input is bounded by SMTP_REPLY_MAX. */
enum smtp_read smtp_reply_read(struct arena *arena, const char *data, size_t len,
                               struct smtp_reply *reply, size_t *used, const char **why);

/* Reply from text as people write it, for `vrfy classify` and tests: lines separated by '\n' (CRLF
 * accepted), code in front of each line.  false when it is no reply. */
bool smtp_reply_from_text(struct arena *arena, const char *text, size_t len,
                          struct smtp_reply *reply);

#endif
