/* cmd_pace.c - `vrfy pace`: how fast each operator is asked now, and why not faster.
 *
 * Looks at the file that all vrfy programs of this host, user and internet share: with the same
 * settings it sees what they do.  A state that nobody ever asks for again stays listed until its
 * cell is wanted for another operator. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "io/pace.h"
#include "verify/internet.h"

struct list {
    struct pace_state *states;
    size_t count, room;
};

static void list_add(const struct pace_state *state, void *arg)
{
    struct list *list = arg;
    if (list->count == list->room) {
        list->room = list->room > 0 ? 2 * list->room : 64;
        list->states = x_realloc(list->states, list->room, sizeof(*list->states));
    }
    list->states[list->count++] = *state;
}

static int compare(const void *a, const void *b)
{
    const struct pace_state *one = a, *other = b;
    int order = strcmp(one->operator, other->operator);
    return order != 0 ? order : strcmp(one->source, other->source);
}

/* "-", "9s", "14m": for people. */
static const char *duration(int64_t ms, char *out, size_t size)
{
    if (ms <= 0)
        snprintf(out, size, "-");
    else if (ms < 120 * 1000)
        snprintf(out, size, "%" PRId64 "s", (ms + 999) / 1000);
    else
        snprintf(out, size, "%" PRId64 "m", (ms + 59999) / 60000);
    return out;
}

static void print_text(const struct pace_state *s)
{
    char pause[24], breaker[24], idle[24], sessions[32];
    snprintf(sessions, sizeof(sessions), "%d/%d", s->sessions, s->sessions_max);
    printf("%-24s %-15s %8s %4d %6s %7s %8d %7s %8" PRIu64 " %7" PRIu64 " %7" PRIu64 " %6" PRIu64
           "\n",
           s->operator, s->source[0] != '\0' ? s->source : "-", sessions, s->slow_level,
           duration(s->pause_ms, pause, sizeof(pause)),
           duration(s->breaker_ms, breaker, sizeof(breaker)), s->refusals,
           duration(s->idle_ms, idle, sizeof(idle)), s->starts, s->slowed, s->refused, s->opened);
}

static void print_json(const struct pace_state *s)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"sessions", s->sessions},      {"sessions_max", s->sessions_max},
        {"slow_level", s->slow_level},  {"pause_ms", s->pause_ms},
        {"breaker_ms", s->breaker_ms},  {"refusals", s->refusals},
        {"idle_ms", s->idle_ms},        {"starts", (int64_t)s->starts},
        {"slowed", (int64_t)s->slowed}, {"refused", (int64_t)s->refused},
        {"opened", (int64_t)s->opened},
    };
    struct json_object *o = json_object_new_object();
    json_object_object_add(o, "operator", json_object_new_string(s->operator));
    json_object_object_add(o, "source", json_object_new_string(s->source));
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        json_object_object_add(o, numbers[i].name, json_object_new_int64(numbers[i].value));
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(o);
}

static int list_print(struct pace *pace, bool json)
{
    struct list list = {0};
    pace_each(pace, list_add, &list);
    if (list.count > 0)
        qsort(list.states, list.count, sizeof(*list.states), compare);
    if (!json)
        printf("%-24s %-15s %8s %4s %6s %7s %8s %7s %8s %7s %7s %6s\n", "OPERATOR", "SOURCE",
               "SESSIONS", "SLOW", "PAUSE", "BREAKER", "REFUSALS", "IDLE", "STARTS", "SLOWED",
               "REFUSED", "OPENED");
    for (size_t i = 0; i < list.count; i++)
        (json ? print_json : print_text)(&list.states[i]);
    free(list.states);
    return fflush(stdout) == 0 ? 0 : cli_fail(EX_IOERR, "cannot write standard output");
}

static int forgive(struct pace *pace, const char *operator, bool json)
{
    size_t count = pace_forgive(pace, operator);
    if (count == 0)
        return cli_fail(EX_DATAERR,
                        "no operator \"%s\" is known; `vrfy pace` lists them", operator);
    if (json)
        printf("{\"forgiven\":%zu}\n", count);
    else
        printf("%s: breaker closed and full speed, for %zu source%s\n", operator, count,
               count == 1 ? "" : "s");
    return 0;
}

int cli_pace(struct cli *cli)
{
    char why[512];
    struct strbuf internet = {0};
    if (!cli_no_more_options(cli))
        return EX_USAGE;
    bool pardon = cli->argc == 2 && strcmp(cli->argv[0], "forgive") == 0;
    if (cli->argc > 0 && !pardon)
        return cli_fail(EX_USAGE, "pace takes nothing, or: forgive OPERATOR");
    internet_describe(&internet, &smtp_settings, &dns_settings);
    struct pace *pace = pace_open(&pace_settings, strbuf_text(&internet), why, sizeof(why));
    strbuf_free(&internet);
    if (pace == NULL)
        return cli_fail(EX_UNAVAILABLE, "%s", why);
    int code = pardon ? forgive(pace, cli->argv[1], cli->json) : list_print(pace, cli->json);
    pace_close(&pace);
    return code;
}
