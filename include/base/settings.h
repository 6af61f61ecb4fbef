#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Typed settings: every setting is a row in its module's table; unknown or bad settings stop the
 * start with file, line and reason.
 *
 * A module declares `struct x_settings`, one process-wide instance `x_settings`, and a table:
 *
 *     static const struct setting_row rows[] = {
 *         SETTING_DURATION(struct dns_settings, timeout_ms, "timeout", "2s", "10ms", "1m", "help"),
 *         ...
 *     };
 *     const struct settings_table dns_settings_table = {"dns", rows, COUNT_OF(rows),
 * &dns_settings};
 *
 * Field types:  STRING const char * (never NULL; "" when unset) · INT and SIZE int64_t (SIZE takes
 * k, m, g) · DURATION int64_t in milliseconds (ms, s, m, h, d; a unit is required) · BOOL bool
 * (yes/no, true/false, on/off, 1/0) · CHOICE int, index into `choices` (NULL-terminated). */
enum setting_type {
    SETTING_TYPE_STRING,
    SETTING_TYPE_INT,
    SETTING_TYPE_SIZE,
    SETTING_TYPE_DURATION,
    SETTING_TYPE_BOOL,
    SETTING_TYPE_CHOICE,
};

struct setting_row {
    const char *name;
    enum setting_type type;
    size_t offset;              /* of the field in the module's struct */
    const char *default_text;   /* parsed like any other value, so it has its unit */
    const char *min, *max;      /* same syntax; NULL = no bound */
    const char *const *choices; /* CHOICE only */
    const char *help;           /* one line, for `vrfy config` */
    /* STRING only, may be NULL: is this text one that can be used?  false: `why` says what of it
     * cannot, and the load ends there, as with any bad value. */
    bool (*check)(const char *text, char *why, size_t why_size);
};

struct settings_table {
    const char *section;
    const struct setting_row *rows;
    size_t count;
    void *target; /* the module's struct */
};

#define SETTING_STRING(s, f, name, def, help)                                        \
    {                                                                                \
        name, SETTING_TYPE_STRING, offsetof(s, f), def, NULL, NULL, NULL, help, NULL \
    }
#define SETTING_CHECKED(s, f, name, def, check, help)                                 \
    {                                                                                 \
        name, SETTING_TYPE_STRING, offsetof(s, f), def, NULL, NULL, NULL, help, check \
    }
#define SETTING_INT(s, f, name, def, lo, hi, help)                            \
    {                                                                         \
        name, SETTING_TYPE_INT, offsetof(s, f), def, lo, hi, NULL, help, NULL \
    }
#define SETTING_SIZE(s, f, name, def, lo, hi, help)                            \
    {                                                                          \
        name, SETTING_TYPE_SIZE, offsetof(s, f), def, lo, hi, NULL, help, NULL \
    }
#define SETTING_DURATION(s, f, name, def, lo, hi, help)                            \
    {                                                                              \
        name, SETTING_TYPE_DURATION, offsetof(s, f), def, lo, hi, NULL, help, NULL \
    }
#define SETTING_BOOL(s, f, name, def, help)                                        \
    {                                                                              \
        name, SETTING_TYPE_BOOL, offsetof(s, f), def, NULL, NULL, NULL, help, NULL \
    }
#define SETTING_CHOICE(s, f, name, def, choices, help)                                  \
    {                                                                                   \
        name, SETTING_TYPE_CHOICE, offsetof(s, f), def, NULL, NULL, choices, help, NULL \
    }

/* One override given with -o section.name=value. */
struct settings_override {
    const char *text;
};

/* What a load needs.  `tables` is NULL-terminated.  Order of precedence, weakest first: defaults,
 * the file, VRFY_SECTION_NAME in the environment, -o overrides.  File: `file` when not NULL (must
 * exist), else $VRFY_CONF, else vrfy.conf beside the program, else /etc/vrfy/vrfy.conf, else none.
 */
struct settings_source {
    const struct settings_table *const *tables;
    const char *file;
    const char *const *overrides; /* "section.name=value"; NULL-terminated or NULL */
};

/* Fills every table's target.  false: `why` says file, line and reason ("" never).  Values live
 * until settings_free.  Not thread-safe: called once, at the start, or by tests. */
bool settings_load(const struct settings_source *source, char *why, size_t why_size);
void settings_free(const struct settings_table *const *tables);

/* The defaults alone, into one table; for tests and for programs that need no file. */
void settings_defaults(const struct settings_table *table);

/* Prints all rows as an INI file with help as comments, or as JSON.  Values of rows whose name ends
 * in "password", "key" or "secret" print as "***". */
void settings_print(const struct settings_table *const *tables, FILE *out, bool json);

/* Which file the last load read, or NULL. */
const char *settings_file(void);

#endif
