/* rdap_registrar.c - is a registrar on the list of those where names are bought in bulk?
 *
 *     IANA id<TAB>how its name begins<TAB>why        (data/vrfy/bulk_registrars.tsv)
 *
 * The id decides where the answer tells one.  Else the name does: letters and digits alone are
 * compared, in lower case, and the listed name must end where a word ends, because registrars write
 * themselves in many ways ("NAMESILO,LLC", "NameSilo, LLC").  A list of a dozen is read through. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "rdap/rdap.h"

extern const char list_bulk_registrars[], list_bulk_registrars_end[];

/* The next letter or digit in lower case, ' ' for all that stands between two, '\0' at `end`. */
static char folded_next(const char **at, const char *end)
{
    if (*at < end && isalnum((unsigned char)**at))
        return (char)tolower((unsigned char)*(*at)++);
    while (*at < end && !isalnum((unsigned char)**at))
        ++*at;
    return *at < end ? ' ' : '\0';
}

static bool begins_with(const char *name, const char *start, size_t len)
{
    const char *name_end = name + strlen(name), *start_end = start + len;
    for (;;) {
        char want = folded_next(&start, start_end), is = folded_next(&name, name_end);
        if (want == '\0')
            return is == '\0' || is == ' ';
        if (want != is)
            return false;
    }
}

static bool is_entry(const char *entry, const struct rdap_answer *answer)
{
    char *name;
    long long id = strtoll(entry, &name, 10);
    if (answer->registrar_id != 0)
        return id == answer->registrar_id;
    name += *name == '\t';
    return begins_with(answer->registrar, name, strcspn(name, "\t"));
}

bool rdap_is_bulk(const struct rdap_answer *answer)
{
    if (answer->status != RDAP_FOUND)
        return false;
    for (const char *at = list_bulk_registrars; at < list_bulk_registrars_end; at += strlen(at) + 1)
        if (is_entry(at, answer))
            return true;
    return false;
}

size_t rdap_bulk_count(void)
{
    size_t count = 0;
    for (const char *at = list_bulk_registrars; at < list_bulk_registrars_end; at += strlen(at) + 1)
        count++;
    return count;
}
