/* lead.c - whom to look for, and where, as a text, and back; lead_make.c makes it, which takes ICU.
 *
 * The text:
 *
 *   lead   = name TAB name TAB folded TAB folded TAB folded TAB folded "@" domain
 *   name   = *UTF8-char           ; printable, at most LEAD_NAME_MAX bytes, may hold "@"
 *   folded = *( a-z 0-9 SP "-" )  ; at most 64
 *   domain = *UTF8-char           ; printable, without "@"
 *
 * Names are made printable before they are cut, so a lead never has more tabs than five; what is
 * behind the last "@" is the domain because a domain never has one.  Whether the domain is one is
 * not written but found out again: the address parser knows, and an A-label needs no ICU.
 *
 * lead_read takes what lead_write wrote, and nothing else: a row of a list of addresses is none.
 */
#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "find/lead.h"
#include "find/lead_private.h"
#include "verify/syntax.h"

enum { PARTS = 6 };
static_assert(2 * LEAD_NAME_MAX + 4 * (PERSON_NAME_SIZE - 1) + PARTS + DOMAIN_GIVEN_MAX <=
                  LEAD_TEXT_MAX,
              "every lead is short enough");

/* ---- printable texts ---- */

bool lead_is_control(int32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp <= 0x9F) || (cp >= 0x200E && cp <= 0x200F) ||
           (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);
}

static bool is_printable(const char *text, size_t len)
{
    for (const char *at = text, *end = text + len; at < end;)
        if (lead_is_control(utf8_next(&at, end))) /* -1 is one */
            return false;
    return true;
}

/* ---- the domain ---- */

bool lead_domain_is_plain(const char *domain)
{
    char again[ADDRESS_DOMAIN_MAX + 1];
    return mail_domain_to_ascii(domain, strlen(domain), again) && strcmp(again, domain) == 0;
}

/* ---- leads ---- */

void lead_write(const struct lead *lead, struct strbuf *out)
{
    const char *parts[PARTS] = {lead->first,
                                lead->last,
                                lead->person.first,
                                lead->person.last,
                                lead->person.other_first,
                                lead->person.other_last};
    for (size_t i = 0; i < PARTS; i++) {
        if (i > 0)
            strbuf_addc(out, '\t');
        strbuf_adds(out, parts[i]);
    }
    strbuf_addc(out, '@');
    strbuf_adds(out, lead->domain);
}

static bool name_read(struct arena *arena, const char *text, size_t len, const char **out)
{
    if (len > LEAD_NAME_MAX || !is_printable(text, len))
        return false;
    *out = arena_strndup(arena, text, len);
    return true;
}

static bool folded_read(const char *text, size_t len, char out[PERSON_NAME_SIZE])
{
    if (len >= PERSON_NAME_SIZE)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(text[i] >= 'a' && text[i] <= 'z') && !(text[i] >= '0' && text[i] <= '9') &&
            text[i] != ' ' && text[i] != '-')
            return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

static bool domain_read(struct arena *arena, const char *text, size_t len, struct lead *out)
{
    if (len > DOMAIN_GIVEN_MAX || !is_printable(text, len))
        return false;
    out->domain = arena_strndup(arena, text, len);
    out->domain_ok = lead_domain_is_plain(out->domain);
    return true;
}

static bool parts_read(struct arena *arena, const char *const *parts, const size_t *lens,
                       struct lead *out)
{
    return name_read(arena, parts[0], lens[0], &out->first) &&
           name_read(arena, parts[1], lens[1], &out->last) &&
           folded_read(parts[2], lens[2], out->person.first) &&
           folded_read(parts[3], lens[3], out->person.last) &&
           folded_read(parts[4], lens[4], out->person.other_first) &&
           folded_read(parts[5], lens[5], out->person.other_last);
}

bool lead_read(struct arena *arena, const char *text, size_t len, struct lead *out)
{
    const char *parts[PARTS] = {NULL}, *at = len > 0 ? memrchr(text, '@', len) : NULL;
    size_t lens[PARTS] = {0}, count = 0;
    memset(out, 0, sizeof(*out));
    if (at == NULL || len > LEAD_TEXT_MAX)
        return false;
    for (const char *from = text; count < PARTS; count++) {
        const char *tab = memchr(from, '\t', (size_t)(at - from));
        const char *end = tab != NULL ? tab : at;
        parts[count] = from;
        lens[count] = (size_t)(end - from);
        if (tab == NULL)
            break;
        from = tab + 1;
    }
    bool good = count == PARTS - 1 && parts_read(arena, parts, lens, out) &&
                domain_read(arena, at + 1, len - (size_t)(at + 1 - text), out);
    if (!good)
        memset(out, 0, sizeof(*out));
    return good;
}
