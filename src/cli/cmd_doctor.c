/* cmd_doctor.c - `vrfy doctor`: everything a check depends on, each with a verdict and what to do.
 *
 * Checks run one after the other and never stop each other.  Exit code: 0 when nothing is bad,
 * EX_UNAVAILABLE otherwise; warnings alone do not change it. */
#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

#include <json-c/json.h>

#include "base/xalloc.h"
#include "cli/doctor.h"

static const struct {
    const char *name;
    doctor_check *check;
} checks[] = {
    {"settings", doctor_settings}, {"lists", doctor_lists},    {"helo name", doctor_helo},
    {"resolver", doctor_resolver}, {"port 25", doctor_port25}, {"reverse DNS", doctor_reverse_dns},
    {"database", doctor_database}, {"schema", doctor_schema},  {"worker", doctor_worker},
    {"web server", doctor_web},
};

static const char *const state_names[] = {[FINDING_OK] = "ok",
                                          [FINDING_WARN] = "warning",
                                          [FINDING_BAD] = "BAD",
                                          [FINDING_SKIPPED] = "skipped"};

struct finding finding(enum finding_state state, const char *advice, const char *fmt, ...)
{
    struct finding found = {.state = state};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(found.seen, sizeof(found.seen), fmt, ap);
    va_end(ap);
    snprintf(found.advice, sizeof(found.advice), "%s", advice);
    return found;
}

static void print_text(const char *name, const struct finding *found)
{
    printf("%-12s %-8s %s\n", name, state_names[found->state], found->seen);
    if (found->advice[0] != '\0')
        printf("%-12s %-8s -> %s\n", "", "", found->advice);
    fflush(stdout);
}

static void print_json(const char *name, const struct finding *found)
{
    struct json_object *o = json_object_new_object();
    json_object_object_add(o, "check", json_object_new_string(name));
    json_object_object_add(o, "state", json_object_new_string(state_names[found->state]));
    json_object_object_add(o, "seen", json_object_new_string(found->seen));
    json_object_object_add(o, "advice", json_object_new_string(found->advice));
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(o);
}

int cli_doctor(struct cli *cli)
{
    bool bad = false;
    const struct doctor doctor = {.url = cli_option(cli, "--url")};
    if (!cli_no_more_options(cli))
        return EX_USAGE;
    if (cli->argc > 0)
        return cli_fail(EX_USAGE, "doctor takes no arguments but --url URL");
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        struct finding found = checks[i].check(&doctor);
        bad |= found.state == FINDING_BAD;
        (cli->json ? print_json : print_text)(checks[i].name, &found);
    }
    return bad ? EX_UNAVAILABLE : EX_OK;
}
