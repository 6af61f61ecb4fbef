/* Arrays of objects in a JSON body: what is one, what is not, and what a client is told. */
#include <criterion/criterion.h>
#include <json-c/json.h>
#include <string.h>

#include "base/xalloc.h"
#include "http/json_in.h"
#include "http/json_records.h"

enum { MOST = 3, MEMBERS = 2 };
static const char *const members[MEMBERS] = {"name", "domain"};

static const struct row {
    const char *label, *body;
    const char *why;  /* NULL: it is good */
    const char *join; /* its texts, each in brackets, "-" without one */
} rows[] = {
    {"one", "{\"leads\":[{\"name\":\"a\",\"domain\":\"b\"}]}", NULL, "[a][b]"},
    {"order does not matter", "{\"leads\":[{\"domain\":\"b\",\"name\":\"a\"}]}", NULL, "[a][b]"},
    {"absent and null", "{\"leads\":[{\"name\":null},{\"domain\":\"\"}]}", NULL, "[-][-][-][]"},
    {"others are passed over", "{\"leads\":[{\"x\":[{}],\"name\":\"a\"}]}", NULL, "[a][-]"},
    {"the last of two members", "{\"leads\":[{\"name\":7,\"name\":\"a\"}]}", NULL, "[a][-]"},
    {"an empty object", "{\"leads\":[{}]}", NULL, "[-][-]"},
    {"as many as may be", "{\"leads\":[{},{},{}]}", NULL, "[-][-][-][-][-][-]"},
    {"missing", "{}", "Parameter 'leads' is required", NULL},
    {"an object", "{\"leads\":{}}", "Parameter 'leads' must be an array of objects", NULL},
    {"empty", "{\"leads\":[]}", "Parameter 'leads' must not be empty", NULL},
    {"one too many", "{\"leads\":[{},{},{},{}]}",
     "Parameter 'leads' has 4 entries; at most 3 are allowed", NULL},
    {"a string inside", "{\"leads\":[{},\"x\"]}", "Parameter 'leads[1]' must be an object", NULL},
    {"null inside", "{\"leads\":[null]}", "Parameter 'leads[0]' must be an object", NULL},
    {"a number", "{\"leads\":[{},{\"domain\":7}]}", "Parameter 'leads[1].domain' must be a string",
     NULL},
    {"a list", "{\"leads\":[{\"name\":[\"a\"]}]}", "Parameter 'leads[0].name' must be a string",
     NULL},
};

Test(json_records, read_or_refused)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_request request = {.arena = arena_new()};
        struct json_records records = {0};
        struct strbuf join = {0};
        const char *why = NULL;
        cr_assert(json_in_parse(rows[i].body, strlen(rows[i].body), &request.json, &why));
        bool good = json_records_read(&request, "leads", MOST, members, MEMBERS, &records, &why);
        cr_expect_eq(good, rows[i].why == NULL, "%s: %s", rows[i].label, why);
        cr_expect(good || strcmp(why, rows[i].why) == 0, "%s: %s", rows[i].label, why);
        for (size_t n = 0; good && n < records.count * MEMBERS; n++)
            strbuf_printf(&join, "[%s]", records.list[n].text != NULL ? records.list[n].text : "-");
        cr_expect(!good || strcmp(strbuf_text(&join), rows[i].join) == 0, "%s: %s", rows[i].label,
                  strbuf_text(&join));
        strbuf_free(&join);
        json_object_put(request.json);
        arena_free(&request.arena);
    }
}
