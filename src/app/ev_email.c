/* ev_email.c - an address as ev's requests have it, single or in a list.
 *
 * Up to 320 characters are taken, which is more than an address can have: those beyond 254 bytes
 * are answered "invalid".  Characters are counted, not bytes. */
#include "app/ev_api.h"
#include "base/utf8.h"

enum { EMAIL_CHARACTERS = 320 };

struct ev_email ev_email_of(const char *text, size_t len)
{
    http_trim(&text, &len);
    return (struct ev_email){text, len};
}

bool ev_email_too_long(const struct ev_email *email)
{
    size_t characters = 0;
    const char *at = email->text, *end = at + email->len;
    while (at < end && characters <= EMAIL_CHARACTERS) {
        utf8_next(&at, end);
        characters++;
    }
    return characters > EMAIL_CHARACTERS;
}
