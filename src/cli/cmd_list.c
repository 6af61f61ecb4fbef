/* cmd_list.c - `vrfy list`: which lists there are, and IANA's list of RDAP servers anew.
 *
 *     vrfy list show              name, entries, where it comes from; a line each
 *     vrfy list check [FILE]      can it be read as a list of RDAP servers?
 *     vrfy list update [--url URL]
 *
 * An update replaces [rdap] bootstrap_file, and only with something better than nothing: a file
 * that can be read and has at least half of the TLDs that are known now.  Programs that are running
 * go on with what they have read. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/list_fetch.h"
#include "rdap/rdap.h"
#include "rdap/rdap_bootstrap.h"
#include "verify/block_lists.h"
#include "verify/disposable_rows.h"
#include "verify/lists_settings.h"
#include "verify/spam_traps.h"
#include "verify/text_list.h"

static const char iana_url[] = "https://data.iana.org/rdap/dns.json";

enum { NAMES_SHOWN = 10 };

static int finish(void)
{
    return fflush(stdout) == 0 ? 0 : cli_fail(EX_IOERR, "cannot write standard output");
}

static void json_print(struct json_object *o)
{
    puts(
        json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(o);
}

static void add_text(struct json_object *o, const char *name, const char *text)
{
    json_object_object_add(o, name, json_object_new_string(text));
}

static void add_count(struct json_object *o, const char *name, size_t count)
{
    json_object_object_add(o, name, json_object_new_int64((int64_t)count));
}

/* ---- show ---- */

/* `complaint`: why it cannot be used; NULL: it can. */
static void show_row(const struct cli *cli, const char *name, size_t entries, const char *source,
                     const char *complaint)
{
    if (!cli->json) {
        printf("%-22s %8zu  %s\n", name, entries, complaint != NULL ? complaint : source);
        return;
    }
    struct json_object *o = json_object_new_object();
    add_text(o, "name", name);
    add_count(o, "entries", entries);
    add_text(o, "source", source);
    if (complaint != NULL)
        add_text(o, "error", complaint);
    json_print(o);
}

static size_t count_of(const struct text_list *list)
{
    const char *at = list->begin;
    size_t count = 0;
    while (text_list_next(list, &at) != NULL)
        count++;
    return count;
}

static void show_compiled_in(const struct cli *cli)
{
    const struct {
        const char *name;
        const struct text_list *list;
        const char *source;
    } rows[] = {
        {"disposable domains", &text_disposable_domains, "data/disposable-email-domains"},
        {"free providers", &text_free_domains, "data/freemail, data/vrfy/free.txt"},
        {"known providers", &text_known_domains, "data/mx-providers, data/vrfy/known.txt"},
        {"role words", &text_role_words, "data/vrfy/role.txt"},
        {"mail hosts", &text_mx_patterns, "data/mx-providers, data/vrfy/mx.tsv"},
        {"disposable mail hosts", &text_disposable_mx_patterns, "data/vrfy/disposable-mx.tsv"},
        {"given names", &text_given_names, "data/names"},
        {"surnames", &text_surnames, "data/names"},
        {"words", &text_words, "data/names"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char source[100];
        snprintf(source, sizeof(source), "compiled in: %s", rows[i].source);
        show_row(cli, rows[i].name, count_of(rows[i].list), source, NULL);
    }
    show_row(cli, "bulk registrars", rdap_bulk_count(),
             "compiled in: data/vrfy/bulk_registrars.tsv", NULL);
}

static void show_rdap(const struct cli *cli)
{
    const char *file = rdap_settings.bootstrap_file;
    char why[512], source[600];
    struct rdap_bootstrap *b = rdap_bootstrap_read(file, why, sizeof(why));
    snprintf(source, sizeof(source), "%s",
             file[0] != '\0' ? file : "compiled in: data/vrfy/rdap_bootstrap.json");
    show_row(cli, "RDAP servers, by TLD", b != NULL ? rdap_bootstrap_count(b) : 0, source,
             b != NULL ? NULL : why);
    rdap_bootstrap_free(&b);
}

/* `why` is "" when the file could be read, or there is none. */
static void show_file(const struct cli *cli, const char *name, const char *setting,
                      const char *file, size_t entries, const char *why)
{
    show_row(cli, name, entries, file[0] != '\0' ? file : setting, why[0] != '\0' ? why : NULL);
}

static void show_spam_traps(const struct cli *cli)
{
    char why[512] = "";
    const char *file = lists_settings.spam_traps;
    struct spam_traps *traps = file[0] != '\0' ? spam_traps_read(file, why, sizeof(why)) : NULL;
    show_file(cli, "spam traps", "[lists] spam_traps", file,
              traps != NULL ? spam_traps_count(traps) : 0, why);
    spam_traps_free(&traps);
}

static void show_disposable(const struct cli *cli)
{
    char why[512] = "";
    const char *file = lists_settings.disposable;
    struct disposable_rows *rows =
        file[0] != '\0' ? disposable_rows_read(file, why, sizeof(why)) : NULL;
    show_file(cli, "own disposable domains", "[lists] disposable", file,
              rows != NULL ? disposable_rows_count(rows) : 0, why);
    disposable_rows_free(&rows);
}

static void show_own(const struct cli *cli)
{
    char why[512];
    struct block_lists *zones =
        block_lists_new(lists_settings.domain_block_lists, why, sizeof(why));
    show_row(cli, "domain block lists", zones != NULL ? block_lists_count(zones) : 0,
             "[lists] domain_block_lists", zones != NULL ? NULL : why);
    block_lists_free(&zones);
    show_spam_traps(cli);
    show_disposable(cli);
}

static int show(struct cli *cli)
{
    if (cli->argc != 1)
        return cli_fail(EX_USAGE, "list show takes no arguments");
    if (!cli->json)
        printf("%-22s %8s  %s\n", "LIST", "ENTRIES", "SOURCE");
    show_compiled_in(cli);
    show_rdap(cli);
    show_own(cli);
    return finish();
}

/* ---- check ---- */

static int check(struct cli *cli)
{
    const char *file = cli->argc > 1 ? cli->argv[1] : rdap_settings.bootstrap_file;
    char why[512];
    if (cli->argc > 2)
        return cli_fail(EX_USAGE, "list check takes one FILE, or none: [rdap] bootstrap_file");
    struct rdap_bootstrap *b = rdap_bootstrap_read(file, why, sizeof(why));
    if (b == NULL)
        return cli_fail(EX_DATAERR, "%s", why);
    const char *published = rdap_bootstrap_published(b);
    if (file[0] == '\0')
        file = "compiled in";
    if (cli->json) {
        struct json_object *o = json_object_new_object();
        add_text(o, "file", file);
        add_count(o, "tlds", rdap_bootstrap_count(b));
        add_count(o, "passed_over", rdap_bootstrap_passed_over(b));
        add_text(o, "published", published);
        json_print(o);
    } else {
        printf("%s: %zu TLDs, published %s; services passed over: %zu\n", file,
               rdap_bootstrap_count(b), published[0] != '\0' ? published : "?",
               rdap_bootstrap_passed_over(b));
    }
    rdap_bootstrap_free(&b);
    return finish();
}

/* ---- update ---- */

/* What one kind of change came to. */
struct changes {
    const char *name;
    struct json_object *labels;
};

enum { ADDED, REMOVED, MOVED, KINDS };

/* Both are sorted, so one walk through both finds all. */
static void compare(const struct rdap_bootstrap *before, const struct rdap_bootstrap *after,
                    struct changes *changes)
{
    size_t i = 0, j = 0, old = rdap_bootstrap_count(before), new = rdap_bootstrap_count(after);
    while (i < old || j < new) {
        const char *was = i < old ? rdap_bootstrap_label(before, i) : NULL;
        const char *is = j < new ? rdap_bootstrap_label(after, j) : NULL;
        int order = was == NULL ? 1 : is == NULL ? -1 : strcmp(was, is);
        int kind = order > 0 ? ADDED : order < 0 ? REMOVED : MOVED;
        if (order != 0 || strcmp(rdap_bootstrap_url(before, i), rdap_bootstrap_url(after, j)) != 0)
            json_object_array_add(changes[kind].labels,
                                  json_object_new_string(order > 0 ? is : was));
        i += order <= 0;
        j += order >= 0;
    }
}

/* "  added: 3 (a, b, c)" */
static void print_change(const struct changes *changes)
{
    size_t count = json_object_array_length(changes->labels);
    if (count == 0)
        return;
    printf("  %s: %zu (", changes->name, count);
    for (size_t i = 0; i < count && i < NAMES_SHOWN; i++)
        printf("%s%s", i > 0 ? ", " : "",
               json_object_get_string(json_object_array_get_idx(changes->labels, i)));
    printf("%s)\n", count > NAMES_SHOWN ? ", ..." : "");
}

static void report(const struct cli *cli, const struct rdap_bootstrap *before,
                   const struct rdap_bootstrap *after)
{
    struct changes changes[KINDS] = {{.name = "added"}, {.name = "removed"}, {.name = "moved"}};
    for (int i = 0; i < KINDS; i++)
        changes[i].labels = json_object_new_array();
    compare(before, after, changes);
    if (!cli->json) {
        printf("%s: %zu TLDs, published %s; before: %zu\n", rdap_settings.bootstrap_file,
               rdap_bootstrap_count(after), rdap_bootstrap_published(after),
               rdap_bootstrap_count(before));
        for (int i = 0; i < KINDS; i++) {
            print_change(&changes[i]);
            json_object_put(changes[i].labels);
        }
        return;
    }
    struct json_object *o = json_object_new_object();
    add_text(o, "file", rdap_settings.bootstrap_file);
    add_count(o, "tlds", rdap_bootstrap_count(after));
    add_count(o, "tlds_before", rdap_bootstrap_count(before));
    add_text(o, "published", rdap_bootstrap_published(after));
    for (int i = 0; i < KINDS; i++)
        json_object_object_add(o, changes[i].name, changes[i].labels);
    json_print(o);
}

/* What is known now: the file, else the list that is shipped. */
static struct rdap_bootstrap *read_present(void)
{
    char why[512];
    struct rdap_bootstrap *b = rdap_bootstrap_read(rdap_settings.bootstrap_file, why, sizeof(why));
    return b != NULL ? b : rdap_bootstrap_read("", why, sizeof(why));
}

static int replace(const struct cli *cli, const struct strbuf *text,
                   const struct rdap_bootstrap *before, const struct rdap_bootstrap *after)
{
    const char *file = rdap_settings.bootstrap_file;
    size_t is = rdap_bootstrap_count(after), was = rdap_bootstrap_count(before);
    if (2 * is < was)
        return cli_fail(EX_DATAERR,
                        "what was fetched has %zu TLDs, less than half of the %zu known now: %s is "
                        "left as it is; if that is right, remove it and update again",
                        is, was, file);
    if (!list_write(file, text))
        return cli_fail(EX_CANTCREAT,
                        "%s: %s: run this as a user who may write there, or set [rdap] "
                        "bootstrap_file to another place",
                        file, strerror(errno));
    report(cli, before, after);
    return finish();
}

static int update(struct cli *cli, const char *url)
{
    char why[WEB_URL_MAX + 200] = "";
    const char *complaint;
    struct strbuf text = {0};
    if (cli->argc != 1)
        return cli_fail(EX_USAGE, "list update takes no arguments but --url URL");
    if (!web_url_valid(url, false, &complaint))
        return cli_fail(EX_USAGE, "--url: %s", complaint);
    if (rdap_settings.bootstrap_file[0] == '\0')
        return cli_fail(EX_CONFIG,
                        "there is no place to write it to: set [rdap] bootstrap_file, for example "
                        "to /var/lib/vrfy/rdap-dns.json");
    if (!list_fetch(url, RDAP_BOOTSTRAP_MAX, &text, why, sizeof(why))) {
        strbuf_free(&text);
        return cli_fail(EX_UNAVAILABLE, "%s", why);
    }
    struct rdap_bootstrap *before = read_present();
    struct rdap_bootstrap *after =
        rdap_bootstrap_parse(strbuf_text(&text), text.len, why, sizeof(why));
    int code = after != NULL ? replace(cli, &text, before, after)
                             : cli_fail(EX_DATAERR, "%s: %s; %s is left as it is", url, why,
                                        rdap_settings.bootstrap_file);
    rdap_bootstrap_free(&before);
    rdap_bootstrap_free(&after);
    strbuf_free(&text);
    return code;
}

int cli_list(struct cli *cli)
{
    const char *url = cli_option(cli, "--url"), *verb = cli->argc > 0 ? cli->argv[0] : "";
    bool is_update = strcmp(verb, "update") == 0;
    if (!cli_no_more_options(cli))
        return EX_USAGE;
    if (is_update)
        return update(cli, url != NULL ? url : iana_url);
    if (url != NULL)
        return cli_fail(EX_USAGE, "--url belongs to list update");
    if (strcmp(verb, "show") == 0)
        return show(cli);
    if (strcmp(verb, "check") == 0)
        return check(cli);
    return cli_fail(EX_USAGE, "list takes show, check [FILE], or update [--url URL]");
}
