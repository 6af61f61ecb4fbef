/* spam_traps.c - the operator's list of spam traps: who must never be written to.
 *
 * The set is the SHA-256 of every address, sorted: 32 bytes an entry, whichever form it has in the
 * file, and no address stays in memory.  A look-up is one digest and a binary search.
 *
 * A trap that is not recognised costs the operator's good name, so nothing is skipped: a file that
 * cannot be read and a line that is no entry stop the start.  What is said about a bad line is its
 * number and what is wrong with it, for its text may be somebody's address. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "verify/spam_traps.h"
#include "verify/syntax.h"

struct digest {
    uint8_t bytes[CRYPTO_SHA256_LEN];
};

struct spam_traps {
    struct digest *list;
    size_t count, room;
};

static int digest_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct digest));
}

static struct digest digest_of(const struct address *address)
{
    char text[sizeof(address->text)];
    struct digest digest;
    size_t len = strlen(address->text);
    for (size_t i = 0; i < len; i++) {
        char c = address->text[i];
        text[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    crypto_sha256(text, len, digest.bytes);
    return digest;
}

/* ---- the file ---- */

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static bool read_digest(const char *text, size_t len, struct digest *out)
{
    if (len != 2 * sizeof(out->bytes))
        return false;
    for (size_t i = 0; i < sizeof(out->bytes); i++) {
        int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void add(struct spam_traps *traps, struct digest digest)
{
    if (traps->count == traps->room) {
        traps->room = traps->room > 0 ? 2 * traps->room : 64;
        traps->list = x_realloc(traps->list, traps->room, sizeof(traps->list[0]));
    }
    traps->list[traps->count++] = digest;
}

/* Returns what is wrong with the entry, or NULL. */
static const char *add_entry(struct spam_traps *traps, const char *text, size_t len)
{
    struct digest digest;
    struct address address;
    if (read_digest(text, len, &digest)) {
        add(traps, digest);
        return NULL;
    }
    if (address_parse(text, len, &address) != ADDRESS_OK)
        return address_error_name(address.error);
    add(traps, digest_of(&address));
    return NULL;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* An entry without the space around it; empty lines and comments are none. */
static const char *add_line(struct spam_traps *traps, const char *line, size_t len)
{
    while (len > 0 && is_space(line[len - 1]))
        len--;
    while (len > 0 && is_space(*line)) {
        line++;
        len--;
    }
    return len == 0 || *line == '#' ? NULL : add_entry(traps, line, len);
}

static bool read_lines(struct spam_traps *traps, FILE *file, char *why, size_t why_size)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* of UTF-8, as some editors write it */
    const char *wrong = NULL;
    char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t len;
    while (wrong == NULL && (len = getline(&line, &room, file)) >= 0) {
        size_t skip = number++ == 0 && strncmp(line, mark, sizeof(mark) - 1) == 0 ? 3 : 0;
        wrong = add_line(traps, line + skip, (size_t)len - skip);
    }
    free(line);
    if (wrong != NULL)
        snprintf(why, why_size, "line %zu: neither an address (%s) nor a SHA-256", number, wrong);
    else if (ferror(file) != 0)
        snprintf(why, why_size, "%s", strerror(errno));
    return wrong == NULL && ferror(file) == 0;
}

struct spam_traps *spam_traps_parse(FILE *file, char *why, size_t why_size)
{
    struct spam_traps *traps = NEW(struct spam_traps);
    if (!read_lines(traps, file, why, why_size))
        spam_traps_free(&traps);
    else if (traps->count > 0)
        qsort(traps->list, traps->count, sizeof(traps->list[0]), digest_compare);
    return traps;
}

/* A pipe would never end, so only a file is one; NULL: errno says why. */
static FILE *open_file(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return NULL;
    if (S_ISREG(st.st_mode))
        return fopen(path, "re");
    errno = EINVAL;
    return NULL;
}

struct spam_traps *spam_traps_read(const char *path, char *why, size_t why_size)
{
    struct spam_traps *traps = NULL;
    char reason[120];
    FILE *file = open_file(path);
    if (file == NULL) {
        snprintf(reason, sizeof(reason), "%s", strerror(errno));
    } else {
        traps = spam_traps_parse(file, reason, sizeof(reason));
        fclose(file);
    }
    if (traps == NULL)
        snprintf(why, why_size, "%.140s: %s", path, reason);
    return traps;
}

void spam_traps_free(struct spam_traps **traps)
{
    if (*traps == NULL)
        return;
    free((*traps)->list);
    free(*traps);
    *traps = NULL;
}

bool spam_traps_have(const struct spam_traps *traps, const struct address *address)
{
    struct digest digest = digest_of(address);
    return traps->count > 0 &&
           bsearch(&digest, traps->list, traps->count, sizeof(digest), digest_compare) != NULL;
}

size_t spam_traps_count(const struct spam_traps *traps)
{
    return traps->count;
}
