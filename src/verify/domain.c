/* domain.c - host and domain names: bytes in, lower-case A-labels out.
 *
 * Almost every name is plain ASCII, so that is decided here in one pass.  libidn2 is asked only
 * when a name holds U-labels (bytes over 0x7F) or claims to hold A-labels ("xn--"): it maps as
 * UTS 46 does, non-transitional (full-width letters and dots become plain ones, sharp s stays),
 * applies IDNA2008, and for A-labels proves that they decode to what encodes back to them.  What
 * it returns goes through the same pass as any ASCII name, because a mapping may yield any
 * character ("a/c" from one code point).
 *
 * The rules for a label are RFC 1123 2.1 and RFC 1035 2.3.4: letters, digits, inner hyphens, 63
 * octets.  "Two hyphens in places 3 and 4" is refused by IDNA2008, but names like r3---sn.example
 * are in use, so without U-labels beside them they pass.
 *
 * On failure nothing is said but which rule it was; the output is then not to be used.
 */
#include <idn2.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "verify/domain.h"
#include "verify/syntax.h"

enum {
    LABEL_MAX = 63,
    /* 255 octets as DNS counts them (RFC 1035 3.1): length bytes and the root included. */
    NAME_TEXT_MAX = 253,
};

/* What a byte may be inside a label. */
static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/*   Domain      = sub-domain *("." sub-domain)       ; RFC 5321 4.1.2
 *   sub-domain  = Let-dig [Ldh-str]
 *   Ldh-str     = *( ALPHA / DIGIT / "-" ) Let-dig
 *
 * Reads one sub-domain from at..end; NULL when there is none. */
static const char *label_end(const char *at, const char *end, bool *numeric)
{
    const char *p = at;
    *numeric = true;
    for (; p < end && *p != '.'; p++) {
        unsigned char c = (unsigned char)*p;
        if (!is_letter(c) && !is_digit(c) && c != '-')
            return NULL;
        *numeric = *numeric && is_digit(c);
    }
    if (p == at || p - at > LABEL_MAX || *at == '-' || p[-1] == '-')
        return NULL;
    return p;
}

/* Checks an ASCII name and copies it in lower case.  Grammar comes before length, so that a long
 * line of rubbish is called bad and only a long name is called long. */
static enum address_error name_check(const char *name, size_t len, char *out)
{
    const char *end = name + len;
    size_t labels = 0;
    bool numeric = false;
    for (const char *at = name;; at++) {
        at = label_end(at, end, &numeric);
        if (at == NULL)
            return ADDRESS_DOMAIN_BAD;
        labels++;
        if (at == end)
            break;
    }
    if (len > NAME_TEXT_MAX)
        return ADDRESS_DOMAIN_TOO_LONG;
    for (size_t i = 0; i < len; i++)
        out[i] = is_letter((unsigned char)name[i]) ? (char)(name[i] | 0x20) : name[i];
    out[len] = '\0';
    /* An all-digit top label is an IPv4 address in disguise (RFC 1123 2.1). */
    return labels < 2 || numeric ? ADDRESS_DOMAIN_NOT_FQDN : ADDRESS_OK;
}

/* Does a label start with the ACE prefix, in any case? */
static bool has_alabel(const char *name, size_t len)
{
    for (size_t i = 0; i + 4 <= len; i++)
        if ((i == 0 || name[i - 1] == '.') && strncasecmp(name + i, "xn--", 4) == 0)
            return true;
    return false;
}

static bool is_ascii(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] >= 0x80)
            return false;
    return true;
}

static enum address_error from_libidn2(int rc)
{
    return rc == IDN2_TOO_BIG_DOMAIN ? ADDRESS_DOMAIN_TOO_LONG : ADDRESS_DOMAIN_BAD;
}

/* A name with U-labels or A-labels.  No U-label takes more than four octets for each octet of its
 * A-label, so longer input cannot fit and need not be decoded. */
static enum address_error name_convert(const char *name, size_t len, char *out)
{
    char text[4 * NAME_TEXT_MAX + 1];
    if (len >= sizeof(text))
        return ADDRESS_DOMAIN_TOO_LONG;
    memcpy(text, name, len);
    text[len] = '\0';
    if (strlen(text) != len || !utf8_valid(text, len))
        return ADDRESS_DOMAIN_BAD;
    uint8_t *ascii = NULL;
    int rc = idn2_lookup_u8((const uint8_t *)text, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (rc != IDN2_OK)
        return from_libidn2(rc);
    enum address_error error = name_check((const char *)ascii, strlen((const char *)ascii), out);
    idn2_free(ascii);
    return error;
}

enum address_error domain_parse(const char *name, size_t len, char out[ADDRESS_DOMAIN_MAX + 1])
{
    if (len == 0)
        return ADDRESS_DOMAIN_EMPTY;
    if (is_ascii(name, len) && !has_alabel(name, len))
        return name_check(name, len, out);
    return name_convert(name, len, out);
}

bool domain_to_ascii(const char *name, size_t len, char out[ADDRESS_DOMAIN_MAX + 1])
{
    return domain_parse(name, len, out) == ADDRESS_OK;
}

bool mail_domain_to_ascii(const char *name, size_t len, char out[ADDRESS_DOMAIN_MAX + 1])
{
    return domain_to_ascii(name, len, out) && strlen("x@") + strlen(out) <= ADDRESS_MAX;
}
