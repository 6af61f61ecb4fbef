/* spam_traps.c - the operator's list of spam traps: who must never be written to.
 *
 * The set is the SHA-256 of every address, sorted: 32 bytes an entry, whichever form it has in the
 * file, and no address stays in memory.  A look-up is one digest and a binary search.
 *
 * A trap that is not recognised costs the operator's good name, so nothing is skipped: a file that
 * cannot be read and a line that is no entry stop the start (list_file.c).  What is said about a
 * bad line is its number and what is wrong with it, for its text may be somebody's address. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/xalloc.h"
#include "verify/list_file.h"
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

static bool add_entry(void *arg, const struct list_line *line, char *why, size_t why_size)
{
    struct digest digest;
    struct address address;
    if (read_digest(line->text, line->len, &digest)) {
        add(arg, digest);
        return true;
    }
    if (address_parse(line->text, line->len, &address) != ADDRESS_OK) {
        snprintf(why, why_size, "neither an address (%s) nor a SHA-256",
                 address_error_name(address.error));
        return false;
    }
    add(arg, digest_of(&address));
    return true;
}

static bool sort(void *arg, char *why, size_t why_size)
{
    struct spam_traps *traps = arg;
    (void)why, (void)why_size;
    if (traps->count > 0)
        qsort(traps->list, traps->count, sizeof(traps->list[0]), digest_compare);
    return true;
}

struct spam_traps *spam_traps_parse(FILE *file, char *why, size_t why_size)
{
    struct spam_traps *traps = NEW(struct spam_traps);
    if (!list_file_parse(&(struct list_file){add_entry, sort, traps}, file, why, why_size))
        spam_traps_free(&traps);
    return traps;
}

struct spam_traps *spam_traps_read(const char *path, char *why, size_t why_size)
{
    struct spam_traps *traps = NEW(struct spam_traps);
    if (!list_file_read(&(struct list_file){add_entry, sort, traps}, path, why, why_size))
        spam_traps_free(&traps);
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
