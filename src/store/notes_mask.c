/* notes_mask.c - notes without addresses.
 *
 *     it was joe.doe+x@a.com, or joe (at) a.com    it was *@a.com, or * (at) a.com
 *
 * Where an at-sign stands, the word in front of it goes, with what stands between them (blanks,
 * commas, brackets), and the word in front of a comment: joe(work)@a.com.  Domains stay: they are
 * what a report is about. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "store/notes_mask.h"

static const char *const at_signs[] = {"@",     "\uFF20", "\uFE6B",   "%40", "%2540",
                                       "&#64;", "&#x40;", "&commat;", "=40"};
static const char at_brackets[][2] = {{'(', ')'}, {'[', ']'}, {'{', '}'}, {'<', '>'}};

/* ( at ), of any case: how many bytes it has, 0 when it is none. */
static size_t at_word_len(const char *text, const char brackets[2])
{
    const char *at = text;
    if (*at++ != brackets[0])
        return 0;
    at += strspn(at, " \t");
    if (strncasecmp(at, "at", 2) != 0)
        return 0;
    at += 2;
    at += strspn(at, " \t");
    return *at == brackets[1] ? (size_t)(at + 1 - text) : 0;
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || ((unsigned char)c & 0x80) != 0;
}

/* "a.com", "mail.a.com", "a dot com". */
static bool begins_domain(const char *text)
{
    size_t len = 0;
    while (is_name_char(text[len]))
        len++;
    if (len == 0)
        return false;
    if (text[len] == '.')
        return is_name_char(text[len + 1]);
    return strncasecmp(text + len, " dot ", 5) == 0;
}

/* A word between blanks. */
static size_t bare_at_len(const char *text)
{
    static const char bare[] = " at ";
    size_t len = sizeof(bare) - 1;
    return strncasecmp(text, bare, len) == 0 && begins_domain(text + len) ? len : 0;
}

static size_t at_sign_len(const char *text)
{
    size_t len = bare_at_len(text);
    for (size_t i = 0; i < COUNT_OF(at_signs) && len == 0; i++)
        if (strncasecmp(text, at_signs[i], strlen(at_signs[i])) == 0)
            len = strlen(at_signs[i]);
    for (size_t i = 0; i < COUNT_OF(at_brackets) && len == 0; i++)
        len = at_word_len(text, at_brackets[i]);
    return len;
}

/* What an address is told apart by, in front of its local part. */
static bool ends_local(char c)
{
    return strchr(" \t\r\n<>()[]{},;:", c) != NULL;
}

/* A quote within a quoted text has a backslash before it. */
static bool begins_quote(const char *text, size_t at)
{
    return text[at] == '"' && (at == 0 || text[at - 1] != '\\');
}

/* Where the word that ends at `len` begins; of a quoted one all that is quoted. */
static size_t word_begin(const char *text, size_t len)
{
    if (len > 0 && text[len - 1] == '"') {
        for (len--; len > 0 && !begins_quote(text, len - 1); len--)
            ;
        len -= len > 0;
    }
    while (len > 0 && !ends_local(text[len - 1]))
        len--;
    return len;
}

static void drop_local(struct strbuf *out)
{
    size_t len = out->len;
    bool comment = false;
    while (len > 0 && ends_local(out->data[len - 1])) {
        comment = comment || out->data[len - 1] == ')';
        len--;
    }
    len = word_begin(out->data, len);
    if (comment && len > 0 && out->data[len - 1] == '(')
        len = word_begin(out->data, len - 1);
    strbuf_cut(out, len);
}

void notes_mask(struct strbuf *out, const char *notes, size_t max)
{
    for (size_t i = 0, len; notes != NULL && notes[i] != '\0'; i += len) {
        len = at_sign_len(notes + i);
        if (len > 0) {
            drop_local(out);
            strbuf_addc(out, '*');
        } else {
            len = 1;
        }
        strbuf_add(out, notes + i, len);
    }
    if (out->len > max)
        strbuf_cut(out, max);
}
