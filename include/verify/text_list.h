#ifndef VERIFY_TEXT_LIST_H
#define VERIFY_TEXT_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A sorted text of entries, each ended by NUL, as tools/lists.sh makes them: read-only, shared,
 * thread-safe.  The ones compiled in are declared here for lists.c and localpart.c. */
struct text_list {
    const char *begin, *end;
};

/* Is this exactly one of the entries?  By halving: 13 comparisons for 8,000.  No NUL in word. */
bool text_list_has(const struct text_list *list, const char *word, size_t len);
/* The entry that starts at *at; moves *at behind it.  NULL at the end. */
const char *text_list_next(const struct text_list *list, const char **at);

extern const struct text_list text_disposable_domains, text_free_domains, text_known_domains,
    text_role_words, text_mx_patterns, text_disposable_mx_patterns, text_given_names,
    text_common_given_names, text_surnames, text_common_surnames, text_words, text_confusables,
    text_suspicious_tlds;

#endif
