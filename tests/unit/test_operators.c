/* Who receives at a host, and how much they may be asked: names, and the setting's small language.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/xalloc.h"
#include "verify/operators.h"

Test(operators, names)
{
    static const struct {
        const char *host, *operator_name;
    } rows[] = {
        {"aspmx.l.google.com", "Google Workspace"},
        {"gmail-smtp-in.l.google.com", "Google"},
        {"contoso-com.mail.protection.outlook.com", "Microsoft 365"},
        {"mx1.mail.example.co.uk", "example.co.uk"},
        {"mx.example.org", "example.org"},
        {"example.org", "example.org"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_str_eq(operator_of(rows[i].host), rows[i].operator_name, "%s: %s", rows[i].host,
                         operator_of(rows[i].host));
}

static struct operators *make(const char *text, int64_t starts, char *why, size_t size)
{
    const struct smtp_settings smtp = {
        .sessions_per_destination = 20, .rcpts_per_session = 50, .errors_per_session = 9};
    const struct pace_settings pace = {.operators = text, .starts_per_second = starts};
    return operators_new(&smtp, &pace, why, size);
}

Test(operators, limits)
{
    static const struct {
        const char *label, *text, *name;
        int64_t starts;
        struct pace_limits want;
    } rows[] = {
        {"nobody is named", "", "example.org", 0, {20, 200, 50, 9}},
        {"starts are set for all", "", "example.org", 3, {20, 3, 50, 9}},
        {"sessions only; starts follow them", "Google=5", "Google", 0, {5, 50, 50, 9}},
        {"starts set for all stay", "Google=5", "Google", 3, {5, 3, 50, 9}},
        {"recipients too", "Google=5/30", "Google", 0, {5, 50, 30, 9}},
        {"and starts", "Google=5/30/2", "Google", 7, {5, 2, 30, 9}},
        {"any case", "google=5", "Google", 0, {5, 50, 50, 9}},
        {"a name with a blank, among others",
         "a=1, Microsoft 365=4/10 ,b=2",
         "Microsoft 365",
         0,
         {4, 40, 10, 9}},
        {"another name", "Google=5", "Google Workspace", 0, {20, 200, 50, 9}},
        {"the last one counts", "Google=5, Google=6", "Google", 0, {6, 60, 50, 9}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char why[160] = "";
        struct operators *operators = make(rows[i].text, rows[i].starts, why, sizeof(why));
        cr_assert_not_null(operators, "%s: %s", rows[i].label, why);
        struct pace_limits got = operators_limits(operators, rows[i].name);
        cr_expect(memcmp(&got, &rows[i].want, sizeof(got)) == 0, "%s: %d/%d/%d/%d", rows[i].label,
                  got.sessions, got.starts_per_second, got.rcpts_per_session,
                  got.errors_per_session);
        operators_free(&operators);
        cr_expect_null(operators);
    }
}

Test(operators, what_cannot_be_read_is_named)
{
    static const char *const texts[] = {"Google",     "=5",       "Google=",   "Google=0",
                                        "Google=-1",  "Google=x", "Google=5/", "Google=5/0",
                                        "Google=5/x", "a=1,b",    "a=1/2/3/4", "a=999999999999"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char why[160] = "";
        struct operators *operators = make(texts[i], 0, why, sizeof(why));
        cr_expect_null(operators, "%s", texts[i]);
        cr_expect(strstr(why, "pace.operators") != NULL, "%s: %s", texts[i], why);
        operators_free(&operators);
    }
}
