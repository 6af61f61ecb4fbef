/* settings.c - where values come from: defaults, one INI file, the environment, -o overrides.
 *
 * A typing error in a setting must not be found in production, so nothing is skipped: an unknown
 * name or a bad value stops the load, and `why` names the place (file and line, environment
 * variable or option) and the setting.  In the environment only names whose section exists are
 * ours: VRFY_DNS_TIMEOUT is a setting, VRFY_CONF is not.
 *
 * In the file the last of two lines for one setting wins.  Lines may be indented (inih would take
 * an indented line as a continuation, so the reader here strips the indentation). */
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/settings.h"
#include "base/settings_value.h"

enum { LINE_MAX_LEN = 4096, WHERE_SIZE = PATH_MAX + 32, REASON_SIZE = 512 };

static const char env_prefix[] = "VRFY_";
static const char system_file[] = "/etc/vrfy/vrfy.conf";

/* Strings of all loads since the last settings_free. */
static struct arena *strings;
static const char *loaded_file;

struct load {
    const struct settings_table *const *tables;
    char *why;
    size_t why_size;
    FILE *file;
    const char *path;
    int line; /* last one read */
    bool failed;
    int failed_line;
};

static const char *keep(const char *text)
{
    if (strings == NULL)
        strings = arena_new();
    return arena_strdup(strings, text);
}

/* The first failure is the one reported. */
static bool fail(struct load *load, const char *where, const char *text)
{
    if (load->failed)
        return false;
    snprintf(load->why, load->why_size, "%s: %s", where, text);
    load->failed = true;
    load->failed_line = load->line;
    return false;
}

static bool set(struct load *load, const char *section, const char *name, const char *value,
                const char *where)
{
    char text[REASON_SIZE], why[REASON_SIZE / 2];
    for (size_t t = 0; load->tables[t] != NULL; t++) {
        const struct settings_table *table = load->tables[t];
        for (size_t i = 0; strcmp(table->section, section) == 0 && i < table->count; i++) {
            if (strcmp(table->rows[i].name, name) != 0)
                continue;
            if (settings_value_set(&table->rows[i], table->target, keep(value), why, sizeof(why)))
                return true;
            snprintf(text, sizeof(text), "%s.%s: %s", section, name, why);
            return fail(load, where, text);
        }
    }
    snprintf(text, sizeof(text), "unknown setting %s.%s (`vrfy config` lists them all)", section,
             name);
    return fail(load, where, text);
}

void settings_defaults(const struct settings_table *table)
{
    char why[REASON_SIZE];
    for (size_t i = 0; i < table->count; i++) {
        const struct setting_row *row = &table->rows[i];
        if (!settings_value_set(row, table->target, row->default_text, why, sizeof(why))) {
            fprintf(stderr, "vrfy: default of %s.%s: %s\n", table->section, row->name, why);
            abort();
        }
    }
}

/* ---- the file ---- */

static void where_line(const struct load *load, int line, char *out, size_t size)
{
    snprintf(out, size, "%s:%d", load->path, line);
}

/* One line for inih, without its indentation.  inih would silently take the rest of an over-long
 * line as another one, and of a line with a NUL only the front. */
static char *read_line(char *buffer, int size, void *arg)
{
    struct load *load = arg;
    char *line = NULL, where[WHERE_SIZE];
    size_t cap = 0;
    ssize_t len = getline(&line, &cap, load->file);
    if (len < 0) {
        free(line);
        return NULL;
    }
    load->line++;
    where_line(load, load->line, where, sizeof(where));
    if (memchr(line, '\0', (size_t)len) != NULL)
        fail(load, where, "the line holds a NUL byte");
    char *text = line + strspn(line, " \t");
    if (strlen(text) >= (size_t)size)
        fail(load, where, "the line is too long");
    snprintf(buffer, (size_t)size, "%s", text);
    free(line);
    return buffer;
}

static int on_value(void *arg, const char *section, const char *name, const char *value)
{
    struct load *load = arg;
    char where[WHERE_SIZE];
    where_line(load, load->line, where, sizeof(where));
    return set(load, section, name, value, where);
}

static bool read_file(struct load *load)
{
    ini_max_line = LINE_MAX_LEN;
    int bad_line = ini_parse_stream(read_line, load, on_value, load);
    bool io_error = ferror(load->file) != 0;
    fclose(load->file);
    if (io_error)
        return fail(load, load->path, strerror(EIO));
    /* inih reads on after a line it cannot understand, so a later line may have failed already. */
    if (bad_line > 0 && (!load->failed || bad_line < load->failed_line)) {
        load->failed = false;
        char where[WHERE_SIZE];
        where_line(load, bad_line, where, sizeof(where));
        fail(load, where, "neither [section], nor name = value, nor a comment");
    }
    return !load->failed;
}

/* vrfy.conf beside the running program. */
static bool path_beside(char *out, size_t size)
{
    char exe[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    if (len <= 0)
        return false;
    exe[len] = '\0';
    *strrchr(exe, '/') = '\0';
    return (size_t)snprintf(out, size, "%s/vrfy.conf", exe) < size;
}

/* A file that was named must exist; the two usual places may be empty, but what stands there must
 * be readable.  Leaves load->file NULL when there is none. */
static bool find_file(struct load *load, const struct settings_source *source)
{
    char beside[PATH_MAX];
    const char *env = getenv("VRFY_CONF");
    const char *named = source->file != NULL ? source->file : env;
    bool is_named = named != NULL && *named != '\0';
    const char *const places[] = {
        is_named                              ? named
        : path_beside(beside, sizeof(beside)) ? beside
                                              : "",
        is_named ? "" : system_file,
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (*places[i] == '\0')
            continue;
        load->file = fopen(places[i], "re");
        if (load->file != NULL) {
            load->path = keep(places[i]);
            return true;
        }
        if (is_named || errno != ENOENT)
            return fail(load, places[i], strerror(errno));
    }
    return true;
}

/* ---- environment and options ---- */

/* VRFY_DNS_TIMEOUT is "timeout" in section "dns".  Returns what follows the section's part, or NULL
 * when the variable belongs to no section. */
static const char *env_name(const char *variable, const char *section)
{
    size_t len = strlen(section), i = 0;
    for (; i < len; i++) {
        char lower = variable[i] >= 'A' && variable[i] <= 'Z' ? (char)(variable[i] + 32) : 0;
        if (variable[i] == '_' || (variable[i] >= '0' && variable[i] <= '9'))
            lower = variable[i];
        if (lower != section[i])
            return NULL;
    }
    return variable[i] == '_' ? variable + i + 1 : NULL;
}

static bool read_variable(struct load *load, const char *entry)
{
    const char *equals = strchr(entry, '=');
    if (strncmp(entry, env_prefix, sizeof(env_prefix) - 1) != 0 || equals == NULL)
        return true;
    for (size_t t = 0; load->tables[t] != NULL; t++) {
        const char *rest = env_name(entry + sizeof(env_prefix) - 1, load->tables[t]->section);
        if (rest == NULL || rest > equals)
            continue;
        struct strbuf name = {0}, where = {0};
        for (; rest < equals; rest++)
            strbuf_addc(&name, *rest >= 'A' && *rest <= 'Z' ? (char)(*rest + 32) : *rest);
        strbuf_printf(&where, "environment variable %.*s", (int)(equals - entry), entry);
        bool ok = set(load, load->tables[t]->section, strbuf_text(&name), equals + 1,
                      strbuf_text(&where));
        strbuf_free(&name);
        strbuf_free(&where);
        return ok;
    }
    return true;
}

static bool read_override(struct load *load, const char *text)
{
    char section[64], name[64], where[REASON_SIZE];
    const char *dot = strchr(text, '.'), *equals = strchr(text, '=');
    if (dot == NULL || equals == NULL || dot > equals || dot - text >= (ptrdiff_t)sizeof(section) ||
        equals - dot > (ptrdiff_t)sizeof(name))
        return fail(load, "option -o", "expected section.name=value");
    snprintf(section, sizeof(section), "%.*s", (int)(dot - text), text);
    snprintf(name, sizeof(name), "%.*s", (int)(equals - dot - 1), dot + 1);
    snprintf(where, sizeof(where), "option -o %s.%s", section, name);
    return set(load, section, name, equals + 1, where);
}

bool settings_load(const struct settings_source *source, char *why, size_t why_size)
{
    struct load load = {.tables = source->tables, .why = why, .why_size = why_size};
    loaded_file = NULL;
    for (size_t t = 0; load.tables[t] != NULL; t++)
        settings_defaults(load.tables[t]);
    if (!find_file(&load, source) || (load.file != NULL && !read_file(&load)))
        return false;
    loaded_file = load.path;
    for (char **entry = environ; *entry != NULL; entry++)
        if (!read_variable(&load, *entry))
            return false;
    for (const char *const *text = source->overrides; text != NULL && *text != NULL; text++)
        if (!read_override(&load, *text))
            return false;
    return true;
}

void settings_free(const struct settings_table *const *tables)
{
    for (size_t t = 0; tables[t] != NULL; t++)
        settings_defaults(tables[t]); /* literals: no field is left pointing into the arena */
    loaded_file = NULL;
    arena_free(&strings);
}

const char *settings_file(void)
{
    return loaded_file;
}
