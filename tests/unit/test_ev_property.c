/* The ev voice on facts made at random over every enum, flag and number that it can see: whatever
 * they are, tier, label, result, quality, score, JSON and CSV say the same thing.  The seed is
 * fixed, and printed with what fails. */
#include "ev_facts.h"
#include "facts_dice.h"

#include <inttypes.h>

#include "base/csv_cells.h"
#include "base/csv_out.h"

enum { CASES = 120000, SEED = 20261128, SEEN_LEAST = 500 };

/* ---- what has to hold ---- */

/* One case: facts and verdict, and the answer as it was read back. */
struct play {
    int number;
    struct facts *facts;
    struct verdict verdict;
    struct ev_opinion opinion;
    struct json_object *json;
};

#define HOLDS(play, condition)                                                  \
    cr_assert(condition, "seed %d, case %d (%s, %s): %s", SEED, (play)->number, \
              verdict_status_name((play)->verdict.status),                      \
              verdict_reason_name((play)->verdict.reason),                      \
              json_object_to_json_string_ext((play)->json, JSON_C_TO_STRING_PLAIN))

/* Every answer that there is: nothing else goes together. */
static const struct {
    enum ev_tier tier;
    const char *name, *label, *result;
} answers[] = {
    {EV_DELIVERABLE, "deliverable", "OK", "ok"},
    {EV_RISKY, "risky", "Risky", "risky"},
    {EV_RISKY, "risky", "Risky", "catch_all"},
    {EV_UNDELIVERABLE, "undeliverable", "Invalid", "invalid"},
    {EV_UNKNOWN, "unknown", "Unknown", "unknown"},
};
static int seen[COUNT_OF(answers)];

static struct json_object *member(const struct play *play, const char *name)
{
    struct json_object *value = play->json;
    for (char part[32]; *name != '\0'; name += *name == '.') {
        size_t len = strcspn(name, ".");
        snprintf(part, sizeof(part), "%.*s", (int)len, name);
        HOLDS(play, json_object_object_get_ex(value, part, &value));
        name += len;
    }
    return value;
}

static const char *text_of(const struct play *play, const char *name)
{
    struct json_object *value = member(play, name);
    return value != NULL ? json_object_get_string(value) : "";
}

static bool is_true(const struct play *play, const char *name)
{
    return json_object_get_boolean(member(play, name));
}

/* The answer is one of the five, in opinion and JSON, and its score is of its band. */
static void check_words(const struct play *play)
{
    const struct ev_opinion *o = &play->opinion;
    size_t i = 0;
    while (i < COUNT_OF(answers) && strcmp(answers[i].result, o->result) != 0)
        i++;
    HOLDS(play, i < COUNT_OF(answers));
    seen[i]++;
    HOLDS(play, o->tier == answers[i].tier);
    HOLDS(play, strcmp(o->label, answers[i].label) == 0);
    HOLDS(play, strcmp(text_of(play, "tier"), answers[i].name) == 0);
    HOLDS(play, strcmp(text_of(play, "quality"), answers[i].name) == 0);
    HOLDS(play, strcmp(text_of(play, "tierLabel"), answers[i].label) == 0);
    HOLDS(play, strcmp(text_of(play, "result"), answers[i].result) == 0);
    HOLDS(play, ev_tier_of(play->facts, &play->verdict) == (int)o->tier);
    HOLDS(play, ev_score(play->facts, &play->verdict) == o->score);
    HOLDS(play, json_object_get_int(member(play, "score")) == o->score);
    HOLDS(play, o->score >= ev_bands[o->tier].least && o->score <= ev_bands[o->tier].most);
}

/* The tier is what the shared verdict says, but for role and disposable addresses; and the flags
 * beside it do not say otherwise. */
static void check_sense(const struct play *play)
{
    bool doubtful = is_true(play, "isRole") || is_true(play, "isDisposable");
    static const enum ev_tier tier_of[VERDICT_STATUS_COUNT] = {
        [VERDICT_UNKNOWN] = EV_UNKNOWN,
        [VERDICT_DELIVERABLE] = EV_DELIVERABLE,
        [VERDICT_UNDELIVERABLE] = EV_UNDELIVERABLE,
        [VERDICT_RISKY] = EV_RISKY,
    };
    enum ev_tier want = tier_of[play->verdict.status];
    HOLDS(play, play->opinion.tier == (want == EV_DELIVERABLE && doubtful ? EV_RISKY : want));
    if (play->opinion.tier == EV_DELIVERABLE) {
        HOLDS(play, is_true(play, "smtp.mailboxExists") && !doubtful);
        HOLDS(play, !is_true(play, "catchAll.isCatchAll"));
    }
    if (strcmp(play->opinion.result, "catch_all") == 0)
        HOLDS(play, is_true(play, "catchAll.isCatchAll") && is_true(play, "smtp.mailboxExists"));
}

struct shape {
    const char *name;
    enum json_type type;
    bool or_null;
};

static const struct shape answer_shape[] = {
    {"email", json_type_string, false},     {"domain", json_type_string, false},
    {"score", json_type_int, false},        {"tier", json_type_string, false},
    {"tierLabel", json_type_string, false}, {"result", json_type_string, false},
    {"quality", json_type_string, false},   {"provider", json_type_string, true},
    {"isRole", json_type_boolean, false},   {"isDisposable", json_type_boolean, false},
    {"mx", json_type_array, false},         {"smtp", json_type_object, false},
    {"catchAll", json_type_object, false},  {"spf", json_type_boolean, false},
    {"dmarc", json_type_boolean, false},    {"verifiedAt", json_type_string, false},
    {"cached", json_type_boolean, false},
};
static const struct shape mx_shape[] = {{"exchange", json_type_string, false},
                                        {"priority", json_type_int, false}};
static const struct shape smtp_shape[] = {{"connected", json_type_boolean, false},
                                          {"mailboxExists", json_type_boolean, false},
                                          {"responseCode", json_type_int, true},
                                          {"latencyMs", json_type_int, true}};
static const struct shape catch_all_shape[] = {{"isCatchAll", json_type_boolean, false}};

/* These members, in this order, of these types, and no others. */
static void check_shape(const struct play *play, struct json_object *object,
                        const struct shape *shape, size_t count)
{
    size_t i = 0;
    HOLDS(play, json_object_get_type(object) == json_type_object);
    json_object_object_foreach(object, key, value)
    {
        HOLDS(play, i < count && strcmp(key, shape[i].name) == 0);
        enum json_type type = json_object_get_type(value);
        HOLDS(play, type == shape[i].type || (type == json_type_null && shape[i].or_null));
        i++;
    }
    HOLDS(play, i == count);
}

static void check_shapes(const struct play *play)
{
    struct json_object *mx = NULL;
    check_shape(play, play->json, answer_shape, COUNT_OF(answer_shape));
    check_shape(play, member(play, "smtp"), smtp_shape, COUNT_OF(smtp_shape));
    check_shape(play, member(play, "catchAll"), catch_all_shape, COUNT_OF(catch_all_shape));
    mx = member(play, "mx");
    HOLDS(play, json_object_array_length(mx) == play->facts->dns.mx_count);
    for (size_t i = 0; i < json_object_array_length(mx); i++)
        check_shape(play, json_object_array_get_idx(mx, i), mx_shape, COUNT_OF(mx_shape));
    const char *date = text_of(play, "verifiedAt");
    HOLDS(play, strlen(date) == 24 && date[10] == 'T' && date[19] == '.' && date[23] == 'Z');
}

/* The cells of a download are the members of the same name. */
static void check_cells(const struct play *play)
{
    struct strbuf line = {0}, cell = {0};
    struct csv_out csv = {.text = &line, .raw = true};
    ev_ops.write_cells(&csv, play->facts, &play->verdict);
    struct csv_cells cells = csv_cells_of(line.data, line.len);
    for (size_t i = 0; i < ev_ops.column_count; i++) {
        HOLDS(play, csv_cells_next(&cells, &cell));
        HOLDS(play, strcmp(strbuf_text(&cell), text_of(play, ev_ops.columns[i])) == 0);
    }
    HOLDS(play, !csv_cells_next(&cells, &cell));
    strbuf_free(&line);
    strbuf_free(&cell);
}

static void check_case(struct play *play)
{
    struct strbuf text = {0};
    ev_render(&text, play->facts, &play->verdict);
    play->json = json_tokener_parse(text.data);
    cr_assert_not_null(play->json, "seed %d, case %d: %s", SEED, play->number, text.data);
    play->opinion = ev_opinion_of(play->facts, &play->verdict);
    check_shapes(play);
    check_words(play);
    check_sense(play);
    check_cells(play);
    json_object_put(play->json);
    strbuf_free(&text);
}

Test(ev_property, nothing_contradicts_anything)
{
    struct dice dice = {.state = SEED};
    for (int i = 0; i < CASES; i++) {
        struct play play = {.number = i, .facts = ev_example()};
        roll_facts(&dice, play.facts);
        play.verdict = verdict_of(play.facts);
        check_case(&play);
        facts_free(&play.facts);
    }
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        cr_expect_geq(seen[i], SEEN_LEAST, "%s: only %d", answers[i].result, seen[i]);
}

/* Results kept by a version before ours have a verdict, and no facts. */
Test(ev_property, a_verdict_without_facts)
{
    for (int status = 0; status < VERDICT_STATUS_COUNT; status++)
        for (int reason = 0; reason < REASON_COUNT; reason++) {
            struct play play = {.number = reason, .facts = facts_new()};
            play.facts->input = "john@example.com";
            play.verdict = (struct verdict){(enum verdict_status)status,
                                            (enum verdict_reason)reason, ASKED_YES};
            struct strbuf text = {0};
            ev_render(&text, play.facts, &play.verdict);
            play.json = json_tokener_parse(text.data);
            cr_assert_not_null(play.json, "%s", text.data);
            play.opinion = ev_opinion_of(play.facts, &play.verdict);
            check_shapes(&play);
            check_words(&play);
            check_cells(&play);
            json_object_put(play.json);
            strbuf_free(&text);
            facts_free(&play.facts);
        }
}
