/* The statistics as text: golden files for both formats (GOLDEN=write renews them), and a strict
 * reader of Prometheus' text format over what was written. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/stats_text.h"
#include "base/xalloc.h"

#define GOLDEN "tests/unit/golden/stats/"

/* Every counter another number. */
static struct verify_stats example_stats(void)
{
    struct verify_stats stats;
    uint64_t *field = (uint64_t *)&stats;
    for (size_t i = 0; i < sizeof(stats) / sizeof(*field); i++)
        field[i] = 1000 + i;
    stats.dns.asked = 4000;
    stats.facts.asked = 8000;
    return stats;
}

static void example_operators(struct operator_states *out)
{
    *out = (struct operator_states){.known = 12345, .count = 2};
    out->state[0] = (struct pace_state){.operator= "Google",
                                        .source = "192.0.2.1",
                                        .sessions = 7,
                                        .sessions_max = 20,
                                        .slow_level = 2,
                                        .refusals = 1,
                                        .pause_ms = 12345,
                                        .breaker_ms = 60001,
                                        .idle_ms = 5,
                                        .starts = 99,
                                        .slowed = 3,
                                        .refused = 4,
                                        .opened = 1};
    out->state[1] = (struct pace_state){.operator= "odd \"one\"\\ \n\xff\xc3\xa9", .source = ""};
}

static char *file_text(const char *path)
{
    char *text = x_calloc(1, 65536);
    FILE *in = fopen(path, "r");
    cr_assert_not_null(in, "%s", path);
    cr_assert_lt(fread(text, 1, 65535, in), 65535);
    fclose(in);
    return text;
}

static void expect_golden(const char *name, const struct strbuf *got)
{
    char path[128];
    snprintf(path, sizeof(path), GOLDEN "%s", name);
    const char *mode = getenv("GOLDEN");
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *out = fopen(path, "w");
        cr_assert_not_null(out);
        fwrite(got->data, 1, got->len, out);
        fclose(out);
    }
    char *want = file_text(path);
    cr_expect_str_eq(got->data, want, "%s", path);
    free(want);
}

/* ---- a strict reader of the text format ---- */

struct sample {
    char name[128], labels[512], value[64];
};

static bool is_name(const char *text, size_t len, bool colon)
{
    for (size_t i = 0; i < len; i++)
        if (!isalpha((unsigned char)text[i]) && text[i] != '_' && !(colon && text[i] == ':') &&
            !(i > 0 && isdigit((unsigned char)text[i])))
            return false;
    return len > 0;
}

/* label_value = '"' *( any but " \ LF / '\\' / '\"' / '\n' ) '"'; where it ends, or NULL. */
static const char *after_value(const char *at)
{
    if (*at++ != '"')
        return NULL;
    for (; *at != '"'; at++) {
        if (*at == '\0' || *at == '\n')
            return NULL;
        if (*at == '\\' && strchr("\\\"n", *++at) == NULL)
            return NULL;
    }
    return at + 1;
}

/* "{" name "=" value *( "," name "=" value ) "}"; where it ends, or NULL. */
static const char *after_labels(const char *at)
{
    do {
        at++;
        size_t len = strcspn(at, "=");
        if (!is_name(at, len, false) || (at = after_value(at + len + 1)) == NULL)
            return NULL;
    } while (*at == ',');
    return *at == '}' ? at + 1 : NULL;
}

static bool read_sample(const char *line, struct sample *out)
{
    size_t len = strcspn(line, "{ ");
    const char *labels = line + len, *end = *labels == '{' ? after_labels(labels) : labels;
    if (!is_name(line, len, true) || end == NULL || *end != ' ')
        return false;
    snprintf(out->name, sizeof(out->name), "%.*s", (int)len, line);
    snprintf(out->labels, sizeof(out->labels), "%.*s", (int)(end - labels), labels);
    snprintf(out->value, sizeof(out->value), "%s", end + 1);
    char *rest = NULL;
    strtod(out->value, &rest);
    return out->value[0] != '\0' && *rest == '\0';
}

struct reading {
    char family[128], type[16];
    bool helped;
    size_t samples;
    char opened[8 * 1024]; /* "\nfamily\n..." */
    char seen[64 * 1024];  /* "\nname{labels}\n..." */
};

/* What is wrong with the line, or NULL. */
static const char *comment_error(struct reading *reading, const char *line)
{
    char name[128], type[16];
    bool help = strncmp(line, "# HELP ", 7) == 0;
    if (!help && strncmp(line, "# TYPE ", 7) != 0)
        return "neither HELP nor TYPE";
    size_t len = strcspn(line + 7, " ");
    snprintf(name, sizeof(name), "%.*s", (int)len, line + 7);
    snprintf(type, sizeof(type), "%s", line + 7 + len + (line[7 + len] == ' '));
    if (help) {
        char key[140];
        snprintf(key, sizeof(key), "\n%s\n", name);
        if (strstr(reading->opened, key) != NULL)
            return "HELP twice";
        strncat(reading->opened, key, sizeof(reading->opened) - strlen(reading->opened) - 1);
        snprintf(reading->family, sizeof(reading->family), "%s", name);
        reading->helped = true;
        return NULL;
    }
    bool counter = strcmp(type, "counter") == 0;
    bool total = len > 6 && strcmp(name + len - 6, "_total") == 0;
    snprintf(reading->type, sizeof(reading->type), "%s", type);
    if (!reading->helped || strcmp(reading->family, name) != 0)
        return "TYPE does not follow its HELP";
    reading->helped = false;
    if (!counter && strcmp(type, "gauge") != 0)
        return "unknown type";
    return counter != total ? "counters, and only they, end in _total" : NULL;
}

static const char *line_error(struct reading *reading, const char *line)
{
    struct sample sample;
    if (line[0] == '#')
        return comment_error(reading, line);
    if (!read_sample(line, &sample))
        return "not a sample";
    if (strcmp(sample.name, reading->family) != 0)
        return "not of the family above";
    if (strncmp(sample.name, "vrfy_", 5) != 0)
        return "not ours";
    if (strcmp(reading->type, "counter") == 0 && strpbrk(sample.value, ".-") != NULL)
        return "no counter's value";
    char key[700];
    snprintf(key, sizeof(key), "\n%s%s\n", sample.name, sample.labels);
    if (strstr(reading->seen, key) != NULL)
        return "the same name and labels twice";
    size_t len = strlen(reading->seen);
    snprintf(reading->seen + len, sizeof(reading->seen) - len, "%s", key);
    reading->samples++;
    return NULL;
}

static void expect_valid(const struct strbuf *text, size_t samples)
{
    static struct reading reading;
    reading = (struct reading){.family = ""};
    cr_assert_eq(text->data[text->len - 1], '\n', "the last line ends");
    char *copy = x_strdup(text->data), *line = copy;
    for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        const char *error = line_error(&reading, line);
        cr_expect_null(error, "%s: %s", error, line);
    }
    cr_expect_eq(reading.samples, samples, "%zu samples", reading.samples);
    free(copy);
}

/* ---- the tests ---- */

enum {
    ENGINE_SAMPLES = sizeof(struct verify_stats) / sizeof(uint64_t) + 1, /* and operators_known */
    OPERATOR_SAMPLES = 11
};

Test(stats_text, prometheus)
{
    struct verify_stats stats = example_stats();
    static struct operator_states operators;
    example_operators(&operators);
    struct strbuf got = {0};
    stats_text_prometheus(&got, &stats, &operators, 0);
    expect_golden("stats.prom", &got);
    expect_valid(&got, ENGINE_SAMPLES + 2 * OPERATOR_SAMPLES);

    strbuf_clear(&got);
    stats_text_prometheus(&got, &stats, &operators, 4711);
    expect_valid(&got, ENGINE_SAMPLES + 2 * OPERATOR_SAMPLES);
    cr_expect_not_null(strstr(got.data, "vrfy_probes_in_flight{pid=\"4711\"} "));
    cr_expect_not_null(strstr(got.data, "{reason=\"starts\",pid=\"4711\"} "));
    cr_expect_not_null(strstr(got.data, "source=\"192.0.2.1\",pid=\"4711\"} "));

    strbuf_clear(&got);
    operators.count = 0;
    stats_text_prometheus(&got, &stats, &operators, 0);
    expect_valid(&got, ENGINE_SAMPLES);
    strbuf_free(&got);
}

Test(stats_text, json)
{
    struct verify_stats stats = example_stats();
    static struct operator_states operators;
    example_operators(&operators);
    struct strbuf got = {0};
    stats_text_json(&got, &stats, &operators);
    expect_golden("stats.json", &got);
    struct json_object *o = json_tokener_parse(got.data), *list = NULL, *name = NULL;
    cr_assert_not_null(o);
    cr_assert(json_object_object_get_ex(o, "operators", &list));
    cr_assert_eq(json_object_array_length(list), 2);
    json_object_object_get_ex(json_object_array_get_idx(list, 1), "operator", &name);
    cr_expect_str_eq(json_object_get_string(name), "odd \"one\"\\ \n\xEF\xBF\xBD\xc3\xa9");
    json_object_put(o);
    strbuf_free(&got);
}

/* Before anything was asked there is no rate, and nothing is divided by it. */
Test(stats_text, nothing_yet)
{
    static const struct verify_stats none;
    static const struct operator_states nobody;
    struct strbuf got = {0};
    stats_text_json(&got, &none, &nobody);
    cr_expect_not_null(strstr(got.data, "\"hit_rate\":0.0000"), "%s", got.data);
    strbuf_clear(&got);
    stats_text_prometheus(&got, &none, &nobody, 0);
    expect_valid(&got, ENGINE_SAMPLES);
    strbuf_free(&got);
}
