/* lists_settings.c - the [lists] section.
 *
 * Zones are names, so a wrong one stops the load like any bad value; what stands in a file is seen
 * when the engine reads it. */
#include "base/xalloc.h"
#include "verify/block_lists.h"
#include "verify/lists_settings.h"

/* Also before anything is loaded: no lists. */
struct lists_settings lists_settings = {
    .domain_block_lists = "", .spam_traps = "", .disposable = ""};

static const struct setting_row rows[] = {
    SETTING_CHECKED(struct lists_settings, domain_block_lists, "domain_block_lists", "",
                    block_lists_check,
                    "DNS zones of domain block lists to ask (RFC 5782), at most 16; empty: none"),
    SETTING_STRING(struct lists_settings, spam_traps, "spam_traps", "",
                   "file of known spam traps, an address or its SHA-256 a line; empty: none"),
    SETTING_STRING(struct lists_settings, disposable, "disposable", "",
                   "file of disposable domains and mail hosts, a line: domain and confidence, 0.00 "
                   "to 1.00; empty: none"),
};

const struct settings_table lists_settings_table = {"lists", rows, COUNT_OF(rows), &lists_settings};
