/* cmd_key.c - `vrfy key`: made (printed once, alone on standard output), listed, revoked,
 * imported, and given a ceiling of requests a minute.
 *
 * Keys to import are read from standard input, one a line: what stands in an argument list can be
 * read by every user of the machine.  An import stops at the first line that fails; lines before it
 * are kept, and running it again skips what is known. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "account/ratelimit.h"
#include "base/xalloc.h"
#include "cli/cli_db.h"

static int create(struct cli_db_call *call)
{
    char key[APIKEY_MADE_MAX];
    int code =
        cli_result(apikey_create(call->db, call->cli->argv[0], call->dialect, call->label, key));
    if (code != 0)
        return code;
    if (call->cli->json)
        printf("{\"key\":\"%s\"}\n", key);
    else
        puts(key);
    if (!call->cli->json)
        fputs("This key is shown once and stored only as a hash.\n", stderr);
    explicit_bzero(key, sizeof(key));
    return 0;
}

struct listing {
    struct json_object *json; /* NULL: text */
    int count;
};

static bool key_print(const struct key_row *k, void *arg)
{
    struct listing *listing = arg;
    char rate[24] = "-";
    if (listing->json == NULL) {
        if (listing->count++ == 0)
            printf("%8s  %-8s %-5s %-26s  %-26s  %8s  %s\n", "NUMBER", "BEGINS", "ENDS", "CREATED",
                   "REVOKED", "A MINUTE", "LABEL");
        if (k->per_minute >= 0)
            snprintf(rate, sizeof(rate), "%" PRId64, k->per_minute);
        printf("%8" PRIu64 "  %-8s %-5s %-26s  %-26s  %8s  %s\n", k->id, k->head, k->tail,
               k->created, k->revoked[0] == '\0' ? "-" : k->revoked, rate, k->label);
        return true;
    }
    struct json_object *o = json_object_new_object();
    json_object_object_add(o, "id", json_object_new_int64((int64_t)k->id));
    json_object_object_add(o, "begins", json_object_new_string(k->head));
    json_object_object_add(o, "ends", json_object_new_string(k->tail));
    json_object_object_add(o, "label", json_object_new_string(k->label));
    json_object_object_add(o, "created", json_object_new_string(k->created));
    json_object_object_add(o, "revoked",
                           k->revoked[0] == '\0' ? NULL : json_object_new_string(k->revoked));
    json_object_object_add(o, "rate_per_minute",
                           k->per_minute < 0 ? NULL : json_object_new_int64(k->per_minute));
    json_object_array_add(listing->json, o);
    return true;
}

static int list(struct cli_db_call *call)
{
    struct purse_row purse;
    bool found = false;
    enum db_status status =
        store_purse_find(call->db, call->cli->argv[0], call->dialect, &purse, &found);
    if (status != DB_OK)
        return cli_status(call->db, status);
    if (!found)
        return cli_result(ACCOUNT_NOT_FOUND);
    struct listing listing = {.json = call->cli->json ? json_object_new_array() : NULL};
    int code = cli_status(call->db, store_key_list(call->db, purse.purse_id, key_print, &listing));
    if (code == 0 && listing.json != NULL)
        cli_print_json(listing.json);
    else
        json_object_put(listing.json);
    return code;
}

static int revoke(struct cli_db_call *call)
{
    int code = cli_result(apikey_revoke(call->db, call->cli->argv[0]));
    if (code == 0 && call->cli->json)
        puts("{\"revoked\":true}");
    else if (code == 0)
        puts("revoked; running programs forget it within [account] key_cache");
    return code;
}

/* Of a number of requests a minute, or of `plan` (-1). */
static bool read_rate(const char *text, int64_t *rate)
{
    char *end;
    *rate = -1;
    if (strcmp(text, "plan") == 0)
        return true;
    errno = 0;
    *rate = text[0] >= '0' && text[0] <= '9' ? strtoll(text, &end, 10) : -1;
    return errno == 0 && *rate >= 0 && *end == '\0' && *rate <= RATELIMIT_PER_MINUTE_MAX;
}

static int set_rate(struct cli_db_call *call)
{
    int64_t rate;
    if (!read_rate(call->cli->argv[1], &rate))
        return cli_fail(EX_USAGE, "requests a minute are 0 (no limit) to %d, or `plan`",
                        RATELIMIT_PER_MINUTE_MAX);
    return cli_result(apikey_set_rate(call->db, call->cli->argv[0], rate));
}

struct import {
    int added, known, line;
};

static int import_line(struct cli_db_call *call, char *key, size_t len, struct import *import)
{
    while (len > 0 && (key[len - 1] == '\n' || key[len - 1] == '\r'))
        len--;
    import->line++;
    if (len == 0)
        return 0;
    enum account_result result =
        apikey_import(call->db, call->cli->argv[0], call->dialect, call->label, key, len);
    import->added += result == ACCOUNT_OK;
    import->known += result == ACCOUNT_KEY_EXISTS;
    if (result == ACCOUNT_OK || result == ACCOUNT_KEY_EXISTS)
        return 0;
    fprintf(stderr, "vrfy: stopped at line %d of standard input\n", import->line);
    return cli_result(result);
}

static int import_keys(struct cli_db_call *call)
{
    struct import import = {0};
    char *line = NULL;
    size_t size = 0;
    ssize_t got;
    int code = 0;
    while (code == 0 && (got = getline(&line, &size, stdin)) >= 0)
        code = import_line(call, line, (size_t)got, &import);
    if (line != NULL)
        explicit_bzero(line, size);
    free(line);
    if (code == 0 && ferror(stdin))
        code = cli_fail(EX_IOERR, "cannot read standard input: %s", strerror(errno));
    if (call->cli->json)
        printf("{\"added\":%d,\"known\":%d}\n", import.added, import.known);
    else
        printf("%d keys added, %d known already\n", import.added, import.known);
    return code;
}

static const struct cli_db_verb verbs[] = {
    {"create", "NAME [--dialect cascade] [--label TEXT]", 1, 1, CLI_DB_DIALECT | CLI_DB_LABEL,
     create, false},
    {"list", "NAME [--dialect cascade]", 1, 1, CLI_DB_DIALECT, list, false},
    {"revoke", "NUMBER|BEGINNING", 1, 1, 0, revoke, false},
    {"set-rate", "NUMBER|BEGINNING A-MINUTE|plan", 2, 2, 0, set_rate, false},
    {"import", "NAME [--dialect cascade] [--label TEXT] < KEYS", 1, 1,
     CLI_DB_DIALECT | CLI_DB_LABEL, import_keys, false},
};

int cli_key(struct cli *cli)
{
    return cli_db_run(cli, "key", verbs, COUNT_OF(verbs));
}
