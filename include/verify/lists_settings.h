#ifndef VERIFY_LISTS_SETTINGS_H
#define VERIFY_LISTS_SETTINGS_H

#include "base/settings.h"

/* The operator's own lists, section [lists]; none of them is shipped. */
struct lists_settings {
    const char *domain_block_lists; /* DNS zones, as verify/block_lists.h reads them */
    const char *spam_traps;         /* a file, as verify/spam_traps.h reads it; "": none */
    const char *disposable;         /* a file, as verify/disposable_rows.h reads it; "": none */
};
extern struct lists_settings lists_settings;
extern const struct settings_table lists_settings_table;

#endif
