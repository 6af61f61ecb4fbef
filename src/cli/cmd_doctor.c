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
#include "verify/block_lists.h"
#include "verify/lists_settings.h"

static const struct {
    const char *name;
    doctor_check *check;
} checks[] = {
    {"settings", doctor_settings},     {"lists", doctor_lists},
    {"spam traps", doctor_spam_traps}, {"disposable", doctor_disposable},
    {"helo name", doctor_helo},        {"resolver", doctor_resolver},
    {"port 25", doctor_port25},        {"reverse DNS", doctor_reverse_dns},
    {"database", doctor_database},     {"schema", doctor_schema},
    {"worker", doctor_worker},         {"web server", doctor_web},
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

/* One after the other; true: one of them is bad. */
static bool check_block_lists(void (*print)(const char *, const struct finding *))
{
    char why[200];
    bool bad = false;
    struct block_lists *lists =
        block_lists_new(lists_settings.domain_block_lists, why, sizeof(why));
    for (size_t i = 0; lists != NULL && i < block_lists_count(lists); i++) {
        struct finding found = doctor_block_list(block_lists_zone(lists, i));
        bad |= found.state == FINDING_BAD;
        print("block list", &found);
    }
    block_lists_free(&lists);
    return bad;
}

int cli_doctor(struct cli *cli)
{
    bool bad = false;
    const struct doctor doctor = {.url = cli_option(cli, "--url")};
    if (!cli_no_more_options(cli))
        return EX_USAGE;
    if (cli->argc > 0)
        return cli_fail(EX_USAGE, "doctor takes no arguments but --url URL");
    void (*print)(const char *, const struct finding *) = cli->json ? print_json : print_text;
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        struct finding found = checks[i].check(&doctor);
        bad |= found.state == FINDING_BAD;
        print(checks[i].name, &found);
    }
    bad |= check_block_lists(print);
    return bad ? EX_UNAVAILABLE : EX_OK;
}
