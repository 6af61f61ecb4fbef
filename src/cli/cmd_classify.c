/* cmd_classify.c - `vrfy classify`: the reply classifier as a filter.
 *
 * One line out for each line in, in order:
 *
 *     STATE<TAB>REPLY[<TAB>MX-HOST]   ->   CLASS<TAB>reason
 *
 * STATE is the stage the reply answers ("banner", "ehlo", "mail", "rcpt", ...), REPLY the whole
 * reply with the two characters "\n" between its lines.  MX-HOST lets the quirks of one provider
 * apply.  A line that cannot be read so is `protocol`, and the reason says why: a bad line is a
 * result, not a failure.  The input is never repeated. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "smtp/smtp_policy.h"
#include "smtp/smtp_reply.h"

enum { IO_BUFFER_SIZE = 1 << 16 };

/* "\n" -> LF, in place; returns the new length.  Any other backslash stays what it is. */
static size_t unescape_lines(char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bool escape = text[i] == '\\' && i + 1 < len && text[i + 1] == 'n';
        text[n++] = escape ? '\n' : text[i];
        i += escape;
    }
    return n;
}

/* Cuts *line at the next TAB; the piece is terminated and its length returned. */
static size_t take_field(char **line, size_t *left, char **field)
{
    char *tab = memchr(*line, '\t', *left);
    size_t len = tab != NULL ? (size_t)(tab - *line) : *left;
    *field = *line;
    *line += tab != NULL ? len + 1 : len;
    *left -= tab != NULL ? len + 1 : len;
    (*field)[len] = '\0';
    return len;
}

static struct smtp_policy_result classify_line(struct arena *arena, char *line, size_t len)
{
    char *stage_name, *text, *host;
    size_t stage_len = take_field(&line, &len, &stage_name);
    int stage = smtp_stage_find(stage_name, stage_len);
    if (stage < 0)
        return (struct smtp_policy_result){REPLY_PROTOCOL, "unknown state"};
    size_t text_len = take_field(&line, &len, &text);
    size_t host_len = take_field(&line, &len, &host);
    struct smtp_reply reply;
    if (!smtp_reply_from_text(arena, text, unescape_lines(text, text_len), &reply))
        return (struct smtp_policy_result){REPLY_PROTOCOL, "not a reply"};
    struct smtp_policy_context context = {
        .stage = (enum smtp_stage)stage,
        .mx_host = host_len > 0 ? host : NULL,
    };
    return smtp_policy_classify(&context, &reply);
}

static void print_text(const struct smtp_policy_result *result)
{
    fputs_unlocked(reply_class_name(result->cls), stdout);
    fputs_unlocked("\t", stdout);
    fputs_unlocked(result->reason, stdout);
    fputs_unlocked("\n", stdout);
}

static void print_json(const struct smtp_policy_result *result)
{
    struct json_object *o = json_object_new_object();
    json_object_object_add(o, "class", json_object_new_string(reply_class_name(result->cls)));
    json_object_object_add(o, "reason", json_object_new_string(result->reason));
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(o);
}

static void classify_lines(FILE *in, bool json)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t got;
    while ((got = getline(&line, &size, in)) >= 0) {
        size_t len = (size_t)got;
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        struct arena *arena = arena_new();
        struct smtp_policy_result result = classify_line(arena, line, len);
        if (json)
            print_json(&result);
        else
            print_text(&result);
        arena_free(&arena);
    }
    free(line);
}

int cli_classify(struct cli *cli)
{
    if (cli->argc > 0)
        return cli_fail(EX_USAGE, "classify reads standard input: STATE<TAB>REPLY, one a line");
    setvbuf(stdin, NULL, _IOFBF, IO_BUFFER_SIZE);
    setvbuf(stdout, NULL, _IOFBF, IO_BUFFER_SIZE);
    classify_lines(stdin, cli->json);
    if (ferror(stdin))
        return cli_fail(EX_IOERR, "cannot read standard input: %s", strerror(errno));
    if (fflush(stdout) != 0)
        return cli_fail(EX_IOERR, "cannot write standard output: %s", strerror(errno));
    return 0;
}
