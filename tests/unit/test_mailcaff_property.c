/* The mailcaff voice on facts made at random over every enum, flag and number that it can see:
 * whatever they are, in both modes, scores are in the bands of the reference's table, the flags do
 * not contradict the status, and JSON and CSV say the same; so with searches.  The seed is fixed,
 * and printed with what fails. */
#include "mailcaff_facts.h"
#include "facts_dice.h"

#include "base/csv_cells.h"
#include "base/csv_out.h"

enum { CASES = 60000, SEED = 20261128, SEEN_LEAST = 500 };

/* One case: facts and verdict, and the answer as it was read back. */
struct play {
    int number;
    struct facts *facts;
    struct verdict verdict;
    enum mailcaff_mode mode;
    struct mailcaff_opinion opinion;
    struct json_object *json;
};

#define HOLDS(play, condition)                                                  \
    cr_assert(condition, "seed %d, case %d (%s, %s): %s", SEED, (play)->number, \
              verdict_status_name((play)->verdict.status),                      \
              verdict_reason_name((play)->verdict.reason),                      \
              json_object_to_json_string_ext((play)->json, JSON_C_TO_STRING_PLAIN))

static struct json_object *member(const struct play *play, const char *name)
{
    struct json_object *value = NULL;
    HOLDS(play, json_object_object_get_ex(play->json, name, &value));
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

static bool has(const struct play *play, const char *name)
{
    return json_object_object_get_ex(play->json, name, NULL);
}

/* ---- shapes ---- */

struct shape {
    const char *name;
    enum json_type type;
    bool or_null, or_absent;
};

static const struct shape answer_shape[] = {
    {"email", json_type_string, false, false},
    {"status", json_type_string, false, false},
    {"quality_score", json_type_int, false, false},
    {"is_valid", json_type_boolean, false, false},
    {"is_deliverable", json_type_boolean, false, false},
    {"is_disposable", json_type_boolean, false, false},
    {"is_role_account", json_type_boolean, false, false},
    {"is_free_email", json_type_boolean, false, false},
    {"can_connect_smtp", json_type_boolean, false, false},
    {"mx_accepts_mail", json_type_boolean, false, false},
    {"mode", json_type_string, false, false},
    {"is_spam_trap", json_type_boolean, false, true},
    {"response_ms", json_type_int, false, false},
};
static const struct shape find_shape[] = {
    {"found", json_type_boolean, false, false},    {"email", json_type_string, true, false},
    {"confidence", json_type_string, true, false}, {"pattern", json_type_string, true, false},
    {"source", json_type_string, true, false},     {"reason", json_type_string, true, true},
    {"response_ms", json_type_int, false, false},
};

/* These members, in this order, of these types, and no others. */
static void check_shape(const struct play *play, const struct shape *shape, size_t count)
{
    size_t i = 0;
    json_object_object_foreach(play->json, key, value)
    {
        while (i < count && strcmp(key, shape[i].name) != 0 && shape[i].or_absent)
            i++;
        HOLDS(play, i < count && strcmp(key, shape[i].name) == 0);
        enum json_type type = json_object_get_type(value);
        HOLDS(play, type == shape[i].type || (type == json_type_null && shape[i].or_null));
        i++;
    }
    HOLDS(play, i == count);
}

/* The cells of a row are the members of the same name, but for `absent`, which is in `cell`. */
static void check_cells(const struct play *play, const struct dialect_ops *ops, const char *absent,
                        const char *cell)
{
    struct strbuf line = {0}, got = {0};
    struct csv_out csv = {.text = &line, .raw = true};
    ops->write_cells(&csv, play->facts, &play->verdict);
    struct csv_cells cells = csv_cells_of(line.data, line.len);
    for (size_t i = 0; i < ops->column_count; i++) {
        const char *name = ops->columns[i];
        bool left_out = strcmp(name, absent) == 0 && !has(play, name);
        HOLDS(play, csv_cells_next(&cells, &got));
        HOLDS(play, strcmp(strbuf_text(&got), left_out ? cell : text_of(play, name)) == 0);
    }
    HOLDS(play, !csv_cells_next(&cells, &got));
    strbuf_free(&line);
    strbuf_free(&got);
}

/* ---- verify ---- */

static int seen[MAILCAFF_MODE_COUNT][MAILCAFF_STATUS_COUNT];

static void check_words(const struct play *play)
{
    const struct mailcaff_opinion *o = &play->opinion;
    int score = play->mode == MAILCAFF_QUICK ? mailcaff_quick_score(play->facts, &play->verdict)
                                             : mailcaff_score(play->facts, &play->verdict);
    HOLDS(play, o->status < MAILCAFF_STATUS_COUNT);
    seen[play->mode][o->status]++;
    HOLDS(play, strcmp(text_of(play, "status"), mailcaff_statuses[o->status]) == 0);
    HOLDS(play, strcmp(text_of(play, "mode"), mailcaff_modes[play->mode]) == 0);
    HOLDS(play, json_object_get_int(member(play, "quality_score")) == o->score);
    HOLDS(play, score == o->score);
    HOLDS(play, o->score >= mailcaff_bands[o->status].least);
    HOLDS(play, o->score <= mailcaff_bands[o->status].most);
    HOLDS(play, is_true(play, "is_valid") == (o->status == MAILCAFF_VALID));
    HOLDS(play, !is_true(play, "is_valid") || o->score >= 90);
    HOLDS(play, play->mode == MAILCAFF_QUICK ||
                    mailcaff_status_of(play->facts, &play->verdict) == (int)o->status);
}

static void check_quick(const struct play *play)
{
    HOLDS(play, play->opinion.status != MAILCAFF_VALID && play->opinion.status != MAILCAFF_RISKY);
    HOLDS(play, !is_true(play, "is_deliverable") && !is_true(play, "can_connect_smtp"));
}

/* The status is what the shared verdict says, seen in the light of the lists. */
static void check_power(const struct play *play)
{
    static const enum mailcaff_status status_of[VERDICT_STATUS_COUNT] = {
        [VERDICT_UNKNOWN] = MAILCAFF_UNKNOWN,
        [VERDICT_DELIVERABLE] = MAILCAFF_VALID,
        [VERDICT_UNDELIVERABLE] = MAILCAFF_INVALID,
        [VERDICT_RISKY] = MAILCAFF_RISKY,
    };
    enum mailcaff_status want = status_of[play->verdict.status];
    if (play->verdict.reason == REASON_OUR_FAILURE || play->verdict.reason == REASON_NONE)
        want = MAILCAFF_ERROR;
    else if (play->facts->lists.disposable && want != MAILCAFF_INVALID)
        want = MAILCAFF_DISPOSABLE;
    else if (play->facts->lists.spam_trap && want == MAILCAFF_VALID)
        want = MAILCAFF_RISKY;
    HOLDS(play, play->opinion.status == want);
    HOLDS(play, want != MAILCAFF_VALID || is_true(play, "is_deliverable"));
    HOLDS(play,
          (want != MAILCAFF_INVALID && want != MAILCAFF_ERROR) || !is_true(play, "is_deliverable"));
}

static void check_sense(const struct play *play)
{
    const struct list_facts *lists = &play->facts->lists;
    HOLDS(play, has(play, "is_spam_trap") == lists->spam_trap);
    HOLDS(play, !has(play, "is_spam_trap") || is_true(play, "is_spam_trap"));
    HOLDS(play, is_true(play, "is_disposable") == lists->disposable);
    HOLDS(play, play->opinion.status != MAILCAFF_DISPOSABLE || lists->disposable);
    if (play->mode == MAILCAFF_QUICK)
        check_quick(play);
    else
        check_power(play);
}

static void read_answer(struct play *play)
{
    struct strbuf text = {0};
    mailcaff_render(&text, play->facts, &play->verdict, play->mode, play->facts->ms);
    play->json = json_tokener_parse(text.data);
    cr_assert_not_null(play->json, "seed %d, case %d: %s", SEED, play->number, text.data);
    play->opinion = mailcaff_opinion_of(play->facts, &play->verdict, play->mode);
    strbuf_free(&text);
}

static void check_case(struct play *play)
{
    for (int mode = 0; mode < MAILCAFF_MODE_COUNT; mode++) {
        play->mode = (enum mailcaff_mode)mode;
        read_answer(play);
        check_shape(play, answer_shape, COUNT_OF(answer_shape));
        check_words(play);
        check_sense(play);
        if (play->mode == MAILCAFF_POWER)
            check_cells(play, &mailcaff_ops, "is_spam_trap", "false");
        json_object_put(play->json);
    }
}

static void expect_all_seen(enum mailcaff_mode mode)
{
    for (int status = 0; status < MAILCAFF_STATUS_COUNT; status++) {
        bool never =
            mode == MAILCAFF_QUICK && (status == MAILCAFF_VALID || status == MAILCAFF_RISKY);
        cr_expect(never || seen[mode][status] >= SEEN_LEAST, "%s, %s: only %d",
                  mailcaff_modes[mode], mailcaff_statuses[status], seen[mode][status]);
    }
}

Test(mailcaff_property, nothing_contradicts_anything)
{
    static const struct verdict lost = VERDICT(UNKNOWN, NONE, COULD_NOT); /* nobody came back */
    struct dice dice = {.state = SEED};
    for (int i = 0; i < CASES; i++) {
        struct play play = {.number = i, .facts = mailcaff_example()};
        roll_facts(&dice, play.facts);
        play.verdict = i % 100 == 0 ? lost : verdict_of(play.facts);
        check_case(&play);
        facts_free(&play.facts);
    }
    expect_all_seen(MAILCAFF_POWER);
    expect_all_seen(MAILCAFF_QUICK);
}

/* Results kept by a version before ours have a verdict, and no facts. */
Test(mailcaff_property, a_verdict_without_facts)
{
    for (int status = 0; status < VERDICT_STATUS_COUNT; status++)
        for (int reason = 0; reason < REASON_COUNT; reason++)
            for (int mode = 0; mode < MAILCAFF_MODE_COUNT; mode++) {
                struct play play = {
                    .number = reason, .facts = facts_new(), .mode = (enum mailcaff_mode)mode};
                play.verdict = (struct verdict){(enum verdict_status)status,
                                                (enum verdict_reason)reason, ASKED_YES};
                read_answer(&play);
                check_shape(&play, answer_shape, COUNT_OF(answer_shape));
                check_words(&play);
                if (play.mode == MAILCAFF_QUICK)
                    check_quick(&play);
                json_object_put(play.json);
                facts_free(&play.facts);
            }
}

/* The first answer, the next one from memory, and the one that was kept say the same. */
Test(mailcaff_property, where_it_came_from_does_not_matter)
{
    struct dice dice = {.state = SEED + 1};
    for (int i = 0; i < CASES / 10; i++) {
        struct facts *facts = mailcaff_example();
        struct strbuf fresh = {0}, kept = {0};
        roll_facts(&dice, facts);
        struct verdict verdict = verdict_of(facts);
        facts->cached = facts->dns_known = facts->from_cache = false;
        mailcaff_render(&fresh, facts, &verdict, MAILCAFF_POWER, 1);
        facts->cached = facts->dns_known = facts->from_cache = true;
        mailcaff_render(&kept, facts, &verdict, MAILCAFF_POWER, 1);
        cr_assert_str_eq(fresh.data, kept.data, "seed %d, case %d", SEED + 1, i);
        strbuf_free(&fresh);
        strbuf_free(&kept);
        facts_free(&facts);
    }
}

/* ---- find ---- */

static int found_seen[MAILCAFF_FIND_STATUS_COUNT];

static bool one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

/* "" stands for null. */
static void check_find_words(const struct play *play)
{
    static const char *const confidences[] = {"high", "medium", "low"};
    static const char *const sources[] = {"",         "learned",    "cache",  "mx_intel",
                                          "gravatar", "pattern_db", "scraped"};
    static const char *const reasons[] = {"", "no_mx_records", "disposable_domain",
                                          "catchall_detected", "no_pattern_matched"};
    bool found = is_true(play, "found");
    HOLDS(play, found == !has(play, "reason"));
    HOLDS(play, found == (*text_of(play, "email") != '\0'));
    if (found) {
        HOLDS(play, one_of(text_of(play, "confidence"), confidences, COUNT_OF(confidences)));
        HOLDS(play, one_of(text_of(play, "source"), sources, COUNT_OF(sources)));
        HOLDS(play, (strcmp(text_of(play, "source"), "cache") == 0) == play->facts->cached);
    } else {
        HOLDS(play, one_of(text_of(play, "reason"), reasons, COUNT_OF(reasons)));
        HOLDS(play, *text_of(play, "confidence") == '\0' && *text_of(play, "pattern") == '\0' &&
                        *text_of(play, "source") == '\0');
    }
}

static void check_find_status(const struct play *play)
{
    int status = mailcaff_find_status_of(play->facts, &play->verdict);
    int score = mailcaff_find_score(play->facts, &play->verdict);
    found_seen[status]++;
    HOLDS(play, (status == MAILCAFF_FOUND) == is_true(play, "found"));
    HOLDS(play, (status == MAILCAFF_NOT_FOUND) ==
                    (has(play, "reason") && member(play, "reason") != NULL));
    HOLDS(play, (score > 0) == (status == MAILCAFF_FOUND) && score <= 100);
}

Test(mailcaff_property, searches)
{
    struct dice dice = {.state = SEED, .percent = 100};
    for (int i = 0; i < CASES / 4; i++) {
        struct play play = {.number = i, .facts = mailcaff_example()};
        struct strbuf text = {0};
        roll_found(&dice, play.facts);
        play.verdict = verdict_of(play.facts);
        mailcaff_render_find(&text, play.facts, play.facts->ms);
        play.json = json_tokener_parse(text.data);
        cr_assert_not_null(play.json, "seed %d, case %d: %s", SEED, i, text.data);
        check_shape(&play, find_shape, COUNT_OF(find_shape));
        check_find_words(&play);
        check_find_status(&play);
        check_cells(&play, &mailcaff_find_ops, "reason", "");
        json_object_put(play.json);
        strbuf_free(&text);
        facts_free(&play.facts);
    }
    for (int status = 0; status < MAILCAFF_FIND_STATUS_COUNT; status++)
        cr_expect_geq(found_seen[status], SEEN_LEAST, "%s: only %d", mailcaff_find_statuses[status],
                      found_seen[status]);
}
