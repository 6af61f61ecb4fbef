/* Leads: the first two bytes say how long the two names are, the rest is the domain.  What
 * lead_make makes of them is written and read again: the same, and no longer than it may be; and
 * the candidates of that person are good local parts, each once, each told by its pattern and
 * variant.  The same bytes as a text go through lead_read, and what is taken is written as it was.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "find/candidates.h"
#include "find/lead.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *name)
{
    static const char alnum[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t len = strlen(name);
    assert(len < PERSON_NAME_SIZE);
    for (size_t i = 0; i < len; i++)
        if (name[i] == ' ' || name[i] == '-') /* between two that are neither */
            assert(i > 0 && i + 1 < len && strchr(alnum, name[i - 1]) != NULL &&
                   strchr(alnum, name[i + 1]) != NULL);
        else
            assert(strchr(alnum, name[i]) != NULL);
}

static void check_local(const char *local)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t len = strlen(local);
    assert(len > 0 && len < CANDIDATE_SIZE && local[strspn(local, allowed)] == '\0');
    assert(local[0] != '.' && local[len - 1] != '.' && strstr(local, "..") == NULL);
}

static void check_candidates(const struct person *person, const int *known, size_t known_count)
{
    struct candidate list[CANDIDATES_MAX];
    char again[CANDIDATE_SIZE];
    size_t variants = 0;
    size_t count = candidates_of(person, known, known_count, CANDIDATES_MAX, list);
    assert(count <= CANDIDATES_MAX);
    for (size_t i = 0; i < count; i++) {
        check_local(list[i].local);
        variants += list[i].variant != VARIANT_NONE;
        assert(candidate_by_variant(person, list[i].pattern, list[i].variant, again));
        assert(strcmp(again, list[i].local) == 0);
        for (size_t k = 0; k < i; k++)
            assert(strcmp(list[k].local, list[i].local) != 0);
    }
    assert(variants <= CANDIDATE_VARIANTS_MAX);
    if (count > 0 && known_count > 0 && candidate_by(person, known[0], again))
        assert(list[0].pattern == known[0] && list[0].variant == VARIANT_NONE);
}

static void check_same(const struct lead *a, const struct lead *b)
{
    assert(strcmp(a->first, b->first) == 0 && strcmp(a->last, b->last) == 0);
    assert(strcmp(a->domain, b->domain) == 0 && a->domain_ok == b->domain_ok);
    assert(strcmp(a->person.first, b->person.first) == 0);
    assert(strcmp(a->person.last, b->person.last) == 0);
    assert(strcmp(a->person.other_first, b->person.other_first) == 0);
    assert(strcmp(a->person.other_last, b->person.other_last) == 0);
}

static void check_made(struct arena *arena, const struct lead *lead)
{
    struct strbuf text = {0};
    struct lead again;
    check_name(lead->person.first);
    check_name(lead->person.last);
    check_name(lead->person.other_first);
    check_name(lead->person.other_last);
    assert(strlen(lead->first) <= LEAD_NAME_MAX && strlen(lead->last) <= LEAD_NAME_MAX);
    assert(strchr(lead->domain, '@') == NULL);
    lead_write(lead, &text);
    assert(text.len <= LEAD_TEXT_MAX && utf8_valid(text.data, text.len));
    for (size_t i = 0; i < text.len; i++)
        assert((unsigned char)text.data[i] >= ' ' || text.data[i] == '\t');
    assert(lead_read(arena, text.data, text.len, &again));
    check_same(lead, &again);
    strbuf_free(&text);
}

static void check_read(struct arena *arena, const char *bytes, size_t size)
{
    struct strbuf text = {0};
    struct lead lead;
    if (!lead_read(arena, bytes, size, &lead))
        return;
    lead_write(&lead, &text);
    assert(text.len == size && memcmp(text.data, bytes, size) == 0);
    strbuf_free(&text);
    check_candidates(&lead.person, NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct lead lead;
    check_read(arena, (const char *)data, size);
    if (size >= 2) {
        const char *rest = (const char *)data + 2;
        size_t left = size - 2, first = data[0] < left ? data[0] : left;
        size_t last = data[1] < left - first ? data[1] : left - first;
        int known[] = {data[0] % PATTERNS_MAX - 1, data[1] % PATTERNS_MAX - 1};
        lead_make(arena, rest, first, rest + first, last, rest + first + last, left - first - last,
                  &lead);
        check_made(arena, &lead);
        check_candidates(&lead.person, NULL, 0);
        if (known[0] >= 0 && known[0] < pattern_count())
            check_candidates(&lead.person, known, COUNT_OF(known));
    }
    arena_free(&arena);
    return 0;
}
