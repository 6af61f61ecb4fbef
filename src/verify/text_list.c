/* text_list.c - look-ups in sorted text that is part of the program (lists_data.S).
 *
 * A list is never parsed: halving works on byte offsets, and each probe looks at the entry behind
 * the one it fell into.  Entries are short, so that costs less than any index would at start-up.
 * The last few entries are read one by one. */
#include <string.h>

#include "verify/text_list.h"

#define TEXT_LIST(name)                                   \
    extern const char list_##name[], list_##name##_end[]; \
    const struct text_list text_##name = {list_##name, list_##name##_end}

enum { FEW = 64 }; /* bytes */

TEXT_LIST(disposable_domains);
TEXT_LIST(free_domains);
TEXT_LIST(known_domains);
TEXT_LIST(role_words);
TEXT_LIST(mx_patterns);
TEXT_LIST(disposable_mx_patterns);
TEXT_LIST(given_names);
TEXT_LIST(common_given_names);
TEXT_LIST(surnames);
TEXT_LIST(common_surnames);
TEXT_LIST(words);
TEXT_LIST(confusables);
TEXT_LIST(suspicious_tlds);

const char *text_list_next(const struct text_list *list, const char **at)
{
    const char *entry = *at;
    if (entry >= list->end)
        return NULL;
    *at = entry + strlen(entry) + 1;
    return entry;
}

/* Orders a word that is not terminated against an entry that is.  They mostly differ within a few
 * letters, where a call would cost more than the letters do. */
static int compare(const char *word, size_t len, const char *entry)
{
    size_t same = 0;
    while (same < len && entry[same] != '\0' && word[same] == entry[same])
        same++;
    int letter = same < len ? (unsigned char)word[same] : '\0';
    return letter - (unsigned char)entry[same];
}

bool text_list_has(const struct text_list *list, const char *word, size_t len)
{
    const char *low = list->begin, *high = list->end; /* if anywhere, it is in [low, high) */
    while (high - low > FEW) {
        const char *middle = low + (high - low) / 2, *entry = middle + strlen(middle) + 1;
        if (entry == high)
            break;
        if (compare(word, len, entry) < 0)
            high = entry;
        else
            low = entry;
    }
    int order = 1;
    for (; low < high && order > 0; low += strlen(low) + 1)
        order = compare(word, len, low);
    return order == 0;
}
