#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* The one writer of SMTP commands.  It refuses (false, nothing appended) any argument octet < 0x21
 * or 0x7F, '<', '>', octets > 0x7E unless utf8, and lines over 510 octets.  A space is allowed only
 * inside a quoted local part that the syntax module re-serialised; '<' '>' never, not even there.
 */
bool smtp_command_ehlo(struct strbuf *out, const char *helo_name);
bool smtp_command_helo(struct strbuf *out, const char *helo_name);
bool smtp_command_mail(struct strbuf *out, const char *mail_from, bool utf8); /* "" = null sender */
bool smtp_command_rcpt(struct strbuf *out, const char *local, const char *domain, bool utf8);
bool smtp_command_plain(struct strbuf *out, const char *verb); /* STARTTLS, RSET, QUIT */

#endif
