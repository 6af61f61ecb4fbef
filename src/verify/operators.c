/* operators.c - who receives at a host, and how much we may ask of them.
 *
 * What is not named gets the general limits.  The few receivers that publish, or are known to
 * enforce, less are in the default of [pace] operators, so that whoever runs this sees them and can
 * change them.  Source of those numbers: shaping.toml of KumoMTA (its maintainers' published
 * practice for senders: connections and deliveries per connection). */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "verify/lists.h"
#include "verify/operators.h"

enum { STARTS_PER_SESSION = 10, LIMIT_MAX = 100000 };

struct row {
    char *name;
    int sessions, rcpts, starts; /* 0: as for everybody */
};

struct operators {
    struct pace_limits general;
    bool starts_set; /* starts_per_second does not follow from the sessions */
    size_t count;
    struct row rows[];
};

const char *operator_of(const char *mx_host)
{
    const char *provider = list_provider_by_mx(mx_host);
    return provider != NULL ? provider : list_registrable(mx_host);
}

/* "5", "5/50" or "5/50/2" up to `end`; false when it is not. */
static bool read_limits(const char *text, const char *end, struct row *row)
{
    int *const fields[] = {&row->sessions, &row->rcpts, &row->starts};
    for (size_t i = 0; i < COUNT_OF(fields) && text < end; i++) {
        char *stop;
        long value = strtol(text, &stop, 10);
        if (stop == text || stop > end || value < 1 || value > LIMIT_MAX)
            return false;
        *fields[i] = (int)value;
        text = stop;
        if (text < end && (*text++ != '/' || text == end))
            return false;
    }
    return text == end && row->sessions > 0;
}

/* One "name=limits"; false when it cannot be read. */
static bool read_row(const char *text, size_t len, struct row *row)
{
    const char *equals = memchr(text, '=', len), *end = text + len;
    if (equals == NULL || equals == text)
        return false;
    row->name = x_strndup(text, (size_t)(equals - text));
    return read_limits(equals + 1, end, row);
}

static bool read_rows(struct operators *operators, const char *text, char *why, size_t why_size)
{
    static const char blanks[] = " \t\r\n";
    for (const char *at = text; *(at += strspn(at, ", \t\r\n")) != '\0';) {
        size_t len = strcspn(at, ","), used = len;
        while (used > 0 && strchr(blanks, at[used - 1]) != NULL)
            used--;
        if (!read_row(at, used, &operators->rows[operators->count++])) {
            snprintf(why, why_size,
                     "pace.operators: \"%.*s\": write NAME=SESSIONS[/RECIPIENTS[/STARTS]]",
                     used < 60 ? (int)used : 60, at);
            return false;
        }
        at += len;
    }
    return true;
}

struct operators *operators_new(const struct smtp_settings *smtp, const struct pace_settings *pace,
                                char *why, size_t why_size)
{
    size_t room = strlen(pace->operators) / 2 + 1; /* "a=1,": no row is shorter than two octets */
    struct operators *operators =
        x_calloc(1, sizeof(*operators) + room * sizeof(operators->rows[0]));
    operators->starts_set = pace->starts_per_second > 0;
    operators->general = (struct pace_limits){
        .sessions = (int)smtp->sessions_per_destination,
        .starts_per_second = (int)pace->starts_per_second,
        .rcpts_per_session = (int)smtp->rcpts_per_session,
        .errors_per_session = (int)smtp->errors_per_session,
    };
    if (!read_rows(operators, pace->operators, why, why_size))
        operators_free(&operators);
    return operators;
}

void operators_free(struct operators **operators)
{
    if (*operators == NULL)
        return;
    for (size_t i = 0; i < (*operators)->count; i++)
        free((*operators)->rows[i].name);
    free(*operators);
    *operators = NULL;
}

struct pace_limits operators_limits(const struct operators *operators, const char *operator_name)
{
    struct pace_limits limits = operators->general;
    int starts = 0;
    for (size_t i = 0; i < operators->count; i++) {
        const struct row *row = &operators->rows[i];
        if (strcasecmp(row->name, operator_name) != 0)
            continue;
        limits.sessions = row->sessions;
        if (row->rcpts > 0)
            limits.rcpts_per_session = row->rcpts;
        starts = row->starts;
    }
    if (starts > 0)
        limits.starts_per_second = starts;
    else if (!operators->starts_set)
        limits.starts_per_second = limits.sessions * STARTS_PER_SESSION;
    return limits;
}
