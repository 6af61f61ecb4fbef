/* The verifymail voice: the reference's examples, the members of an answer, and golden files:
 * tests/unit/golden/verifymail/NAME.json holds the whole answer to case NAME.
 *
 * GOLDEN=write tests/test_verifymail writes the files anew: then read the difference.  What the
 * reference prints is in golden/verifymail_printed, and not written by anybody. */
#include "verifymail_plays.h"

#define GOLDEN  "tests/unit/golden/verifymail/"
#define PRINTED "tests/unit/golden/verifymail_printed/"

/* ---- the reference's examples ---- */

static struct json_object *answer_of(const struct play *p)
{
    struct strbuf got = {0};
    verifymail_render_check(&got, &p->c, &p->opinion, &p->meta);
    struct json_object *answer = json_tokener_parse(got.data);
    cr_assert_not_null(answer, "%s", got.data);
    strbuf_free(&got);
    return answer;
}

static struct json_object *at(struct json_object *object, const char *a, const char *b)
{
    struct json_object *value = NULL;
    cr_assert(json_object_object_get_ex(object, a, &value), "%s", a);
    cr_assert(json_object_object_get_ex(value, b, &value), "%s.%s", a, b);
    return value;
}

static const char *plain(struct json_object *value)
{
    return json_object_to_json_string_ext(value,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Byte for byte, but for white space; `checks`, which the reference does not print, stands behind.
 */
Test(verifymail, the_fraud_example_as_it_is_printed)
{
    struct play p;
    struct json_object *want = json_object_from_file(PRINTED "fraud-domain.json");
    struct strbuf got = {0};
    cr_assert_not_null(want);
    play_begin(&p);
    fraud_domain(&p);
    play_judge(&p);
    verifymail_render_check(&got, &p.c, &p.opinion, &p.meta);
    const char *printed = plain(want);
    size_t len = strlen(printed) - 1; /* without the last brace */
    cr_expect(strncmp(got.data, printed, len) == 0, "%s", got.data);
    cr_expect_str_eq(got.data + len, ",\"checks\":{\"dns\":{\"ran\":true,\"latency_ms\":18},"
                                     "\"smtp\":{\"ran\":false,\"latency_ms\":null},"
                                     "\"blocklist\":{\"ran\":true,\"latency_ms\":0},"
                                     "\"rdap\":{\"ran\":true,\"latency_ms\":51}}}");
    strbuf_free(&got);
    json_object_put(want);
    play_end(&p);
}

static void expect_names(struct json_object *signals, const char *const *names, size_t count)
{
    cr_assert_eq(json_object_array_length(signals), count, "%s", plain(signals));
    for (size_t i = 0; i < count; i++) {
        struct json_object *name = NULL;
        json_object_object_get_ex(json_object_array_get_idx(signals, i), "name", &name);
        cr_expect_str_eq(json_object_get_string(name), names[i]);
    }
}

Test(verifymail, worked_example_a)
{
    static const char *const fired[] = {"catch_all_new_domain",
                                        "mx_known_disposable_infrastructure"};
    struct play p;
    play_begin(&p);
    fraud_catch_all(&p);
    play_judge(&p);
    struct json_object *answer = answer_of(&p);
    cr_expect_str_eq(plain(at(answer, "score", "catch_all_detail")),
                     "{\"detected\":true,\"probability\":0.85,\"type\":\"confirmed\","
                     "\"legitimate_use_likely\":false}");
    expect_names(at(answer, "signals", "fired"), fired, COUNT_OF(fired));
    expect_names(at(answer, "signals", "trust_signals"), NULL, 0);
    cr_expect_str_eq(plain(at(answer, "verdict", "recommendation")), "\"block\"");
    json_object_put(answer);
    play_end(&p);
}

Test(verifymail, worked_example_b)
{
    static const char *const trusted[] = {"catch_all_old_established", "spf_dkim_dmarc_all_present",
                                          "domain_age_over_5_years"};
    struct play p;
    play_begin(&p);
    established_catch_all(&p);
    play_judge(&p);
    struct json_object *answer = answer_of(&p);
    cr_expect_str_eq(plain(at(answer, "score", "catch_all_detail")),
                     "{\"detected\":true,\"probability\":0.85,\"type\":\"confirmed\","
                     "\"legitimate_use_likely\":true}");
    expect_names(at(answer, "signals", "trust_signals"), trusted, COUNT_OF(trusted));
    cr_expect_str_eq(plain(at(answer, "verdict", "recommendation")), "\"allow_with_flag\"");
    json_object_put(answer);
    play_end(&p);
}

/* ---- members ---- */

static const struct {
    const char *label;
    void (*change)(struct play *);
    const char *want; /* somewhere in the answer */
} member_rows[] = {
    {"safe", nothing_special, "\"valid_address\":true,\"safe_to_send\":true,"},
    {"flagged is not safe", flagged, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"not asked is not safe", no_smtp, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"not answered is not safe", server_silent, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"full is not safe", full, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"gone", gone, "\"valid_address\":false,\"safe_to_send\":false,"},
    {"DNS failed", mx_unanswered, "\"valid_address\":false,\"safe_to_send\":false,"},
    {"a domain is safe", domain_only, "\"valid_address\":true,\"safe_to_send\":true,"},
    {"an allowed one is safe", allow_listed, "\"valid_address\":true,\"safe_to_send\":true,"},
    {"a blocked one is not", block_listed, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"a domain has no e-mail", domain_only, "\"email\":\"\",\"domain\":\"example.com\""},
    {"not catch-all", nothing_special, "\"catch_all\":false,\"catch_all_checked\":true"},
    {"catch-all", takes_all, "\"catch_all\":true,\"catch_all_checked\":true"},
    {"nobody knows", no_smtp, "\"catch_all\":null,\"catch_all_checked\":false"},
    {"no answer", server_silent, "\"catch_all\":null,\"catch_all_checked\":false"},
    {"suspected is not safe", taken_no_more_said, "\"valid_address\":true,\"safe_to_send\":false,"},
    {"suspected", taken_no_more_said, "\"catch_all\":null,\"catch_all_checked\":false"},
    {"cleared, detail", nothing_special,
     "\"catch_all_detail\":{\"detected\":false,\"probability\":0.05,\"type\":\"cleared\","
     "\"legitimate_use_likely\":false}"},
    {"cleared by a refusal", domain_refuses_made_up, "\"type\":\"cleared\""},
    {"suspected, detail", taken_no_more_said,
     "\"catch_all_detail\":{\"detected\":false,\"probability\":0.5,\"type\":\"suspected\","
     "\"legitimate_use_likely\":false}"},
    {"suspected of answering at random", answers_at_random, "\"type\":\"suspected\""},
    {"no detail", server_silent, "\"catch_all_detail\":null"},
    {"no detail of a refusal of us", refuses_everything, "\"catch_all_detail\":null"},
    {"old, but on disposable hosts", established_and_disposable,
     "\"type\":\"confirmed\",\"legitimate_use_likely\":false"},
    {"disposable", listed_surely, "\"disposable\":true"},
    {"disposable, 0.70", listed_probably, "\"disposable\":true"},
    {"disposable, less", listed_hardly, "\"disposable\":false"},
    {"disposable by MX only", by_mx_only, "\"disposable\":false"},
    {"whole confidence", nothing_special, "\"confidence\":1,\"confidence_level\":\"high\""},
    {"cached", known_before, "\"cached\":true,\"cache_age_seconds\":3600}"},
    {"known before", known_before,
     "\"checks\":{\"dns\":{\"ran\":true,\"latency_ms\":0},\"smtp\":{\"ran\":true,"
     "\"latency_ms\":0},"},
    {"all ran", nothing_special,
     "\"checks\":{\"dns\":{\"ran\":true,\"latency_ms\":18},\"smtp\":{\"ran\":true,"
     "\"latency_ms\":342},\"blocklist\":{\"ran\":true,\"latency_ms\":0},\"rdap\":{\"ran\":true,"
     "\"latency_ms\":51}}"},
    {"nothing ran", bad_address,
     "\"checks\":{\"dns\":{\"ran\":false,\"latency_ms\":null},\"smtp\":{\"ran\":false,"
     "\"latency_ms\":null},\"blocklist\":{\"ran\":false,\"latency_ms\":null},\"rdap\":{\"ran\":"
     "false,\"latency_ms\":null}}"},
    {"nothing ran for a list", allow_listed,
     "\"blocklist\":{\"ran\":false,\"latency_ms\":null},\"rdap\":{\"ran\":false,"},
    {"bad bytes", hostile, "\"email\":\"a\\\"</script>\\u0001\xEF\xBF\xBD/\\\\@b\xc3\xa4.com\""},
    {"no input", no_input, "\"email\":\"\",\"domain\":\"\""},
    {"paths", bad_address, "\"path_taken\":\"fast\""},
    {"paths, deep", nothing_special, "\"path_taken\":\"deep\""},
    {"phase", calibrated, "\"model_phase\":\"calibrated\""},
    {"trust", well_known,
     "\"trust_signals\":[{\"name\":\"known_legitimate_provider\",\"direction\":\"trust\","
     "\"weight\":-30}]"},
    {"components", well_known,
     "\"components\":{\"strong_signals\":0,\"corroborating\":0,\"trust_adjustments\":-30,"
     "\"compounding_bonus\":0,\"final_clamped\":0}"},
};

Test(verifymail, members)
{
    for (size_t i = 0; i < COUNT_OF(member_rows); i++) {
        struct play p;
        play_begin(&p);
        member_rows[i].change(&p);
        play_judge(&p);
        expect_in_answer(&p, member_rows[i].label, member_rows[i].want);
        play_end(&p);
    }
}

/* ---- golden files: one for each thing that a check can say ---- */

/* What the reference has beside the rows that all voices have. */
static const struct {
    const char *name;
    void (*change)(struct play *);
} golden_rows[] = {
    {"fraud-domain", fraud_domain},
    {"worked-example-a", fraud_catch_all},
    {"worked-example-b", established_catch_all},
    {"plain", nothing_special},
    {"standard-path", no_smtp},
    {"allow-listed", allow_listed},
    {"block-listed", block_listed},
    {"domain-check", domain_only},
    {"impossible-address", impossible},
    {"dns-timeout", mx_unanswered},
    {"the-gate", unsure},
    {"compounding", two_of_the_address},
    {"homograph", lookalike},
    {"disposable-probably", listed_probably},
    {"disposable-by-mx", by_mx_only},
    {"known-provider", trusted_fully},
    {"catch-all-suspected", taken_no_more_said},
    {"reported", own_throwaway},
    {"reported-by-others", others_throwaway},
    {"kept", known_before},
    {"everything-unknown", everything_unknown},
};

static void expect_golden_play(struct play *p, const char *name)
{
    char path[256];
    struct strbuf got = {0};
    snprintf(path, sizeof(path), GOLDEN "%s.json", name);
    play_judge(p);
    verifymail_render_check(&got, &p->c, &p->opinion, &p->meta);
    expect_golden(path, got.data);
    strbuf_free(&got);
}

Test(verifymail, golden_files)
{
    for (size_t i = 0; i < COUNT_OF(golden_rows); i++) {
        struct play p;
        play_begin(&p);
        golden_rows[i].change(&p);
        expect_golden_play(&p, golden_rows[i].name);
        play_end(&p);
    }
}

/* The first of them is cascade's own example; its address is not one. */
Test(verifymail, golden_files_of_all_voices)
{
    for (size_t i = 1; i < COUNT_OF(rows); i++) {
        struct play p;
        play_begin(&p);
        rows[i].change(p.facts);
        p.c.path = p.facts->smtp_asked ? VERIFYMAIL_DEEP : VERIFYMAIL_STANDARD;
        expect_golden_play(&p, rows[i].name);
        play_end(&p);
    }
}
