/* cmd_parse.c - `vrfy parse`: the address parser as a filter.
 *
 * One line out for each address in, in order: "ok<TAB>local<TAB>domain<TAB>address", all three in
 * normal form, or "bad<TAB>reason".  The input is never repeated, and what is printed has passed
 * the parser, so no control character reaches the terminal or the next program in the pipe.
 *
 * Lines end at LF; one CR before it belongs to the line end, every other byte, NUL included, to
 * the address.  A bad address is a result, not a failure: only I/O errors change the exit code.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/cli.h"
#include "verify/syntax.h"

enum { IO_BUFFER_SIZE = 1 << 16 };

typedef void print_fn(const struct address *address);

static void put(const char *s)
{
    fputs_unlocked(s, stdout);
}

static void print_text(const struct address *a)
{
    bool ok = a->error == ADDRESS_OK;
    put(ok ? "ok\t" : "bad\t");
    if (ok) {
        put(a->local);
        put("\t");
        put(a->domain);
        put("\t");
    }
    put(ok ? a->text : address_error_name(a->error));
    put("\n");
}

static void print_json(const struct address *a)
{
    struct json_object *o = json_object_new_object();
    bool ok = a->error == ADDRESS_OK;
    json_object_object_add(o, "ok", json_object_new_boolean(ok));
    if (ok) {
        json_object_object_add(o, "local", json_object_new_string(a->local));
        json_object_object_add(o, "domain", json_object_new_string(a->domain));
        json_object_object_add(o, "address", json_object_new_string(a->text));
        json_object_object_add(o, "quoted", json_object_new_boolean(a->quoted));
        json_object_object_add(o, "utf8", json_object_new_boolean(a->utf8));
    } else {
        json_object_object_add(o, "reason", json_object_new_string(address_error_name(a->error)));
    }
    put(json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
    put("\n");
    json_object_put(o);
}

static void parse_one(const char *data, size_t len, print_fn *print)
{
    struct address address;
    address_parse(data, len, &address);
    print(&address);
}

static void parse_lines(FILE *in, print_fn *print)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t got;
    while ((got = getdelim(&line, &size, '\n', in)) >= 0) {
        size_t len = (size_t)got;
        if (line[len - 1] == '\n')
            len--;
        if (len < (size_t)got && len > 0 && line[len - 1] == '\r')
            len--;
        parse_one(line, len, print);
    }
    free(line);
}

int cli_parse(struct cli *cli)
{
    print_fn *print = cli->json ? print_json : print_text;
    if (!cli_no_more_options(cli))
        return EX_USAGE;
    setvbuf(stdout, NULL, _IOFBF, IO_BUFFER_SIZE);
    for (int i = 0; i < cli->argc; i++)
        parse_one(cli->argv[i], strlen(cli->argv[i]), print);
    if (cli->argc == 0) {
        setvbuf(stdin, NULL, _IOFBF, IO_BUFFER_SIZE);
        parse_lines(stdin, print);
    }
    if (ferror(stdin))
        return cli_fail(EX_IOERR, "cannot read standard input: %s", strerror(errno));
    if (fflush(stdout) != 0)
        return cli_fail(EX_IOERR, "cannot write standard output: %s", strerror(errno));
    return 0;
}
