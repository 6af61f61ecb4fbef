/* test_settings.c - values, precedence, and what is said about each mistake. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/settings.h"
#include "base/xalloc.h"

struct sample_settings {
    const char *servers, *db_password, *word;
    int64_t port, max_body, timeout_ms;
    bool cors;
    int mode;
};
static struct sample_settings sample;
static struct sample_settings other;

static const char *const modes[] = {"when-required", "always", "off", NULL};

static bool no_x(const char *text, char *reason, size_t size)
{
    snprintf(reason, size, "there is an x in it");
    return strchr(text, 'x') == NULL;
}

static const struct setting_row sample_rows[] = {
    SETTING_STRING(struct sample_settings, servers, "servers", "127.0.0.1", "name servers"),
    SETTING_STRING(struct sample_settings, db_password, "db_password", "", "a secret"),
    SETTING_INT(struct sample_settings, port, "port", "25", "1", "65535", "a port"),
    SETTING_SIZE(struct sample_settings, max_body, "max_body", "1m", "1k", "1g", "bytes"),
    SETTING_DURATION(struct sample_settings, timeout_ms, "timeout", "2s", "10ms", "1m", "a wait"),
    SETTING_BOOL(struct sample_settings, cors, "cors", "no", "a switch"),
    SETTING_CHOICE(struct sample_settings, mode, "mode", "when-required", modes, "a choice"),
    SETTING_CHECKED(struct sample_settings, word, "word", "", no_x, "a text that is looked at"),
};
static const struct setting_row other_rows[] = {
    SETTING_INT(struct sample_settings, port, "port", "7", NULL, NULL, "unbounded"),
};
static const struct settings_table sample_table = {"sample", sample_rows, COUNT_OF(sample_rows),
                                                   &sample};
static const struct settings_table other_table = {"other_part", other_rows, COUNT_OF(other_rows),
                                                  &other};
static const struct settings_table *const tables[] = {&sample_table, &other_table, NULL};

static char path[64], why[512];

static void init(void)
{
    unsetenv("VRFY_CONF");
    snprintf(path, sizeof(path), "/tmp/vrfy-test-settings-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
}

static void fini(void)
{
    settings_free(tables);
    unlink(path);
}

TestSuite(settings, .init = init, .fini = fini);

static bool load_bytes(const char *ini, size_t len, const char *const *overrides)
{
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    cr_assert_eq(fwrite(ini, 1, len, f), len);
    fclose(f);
    struct settings_source source = {.tables = tables, .file = path, .overrides = overrides};
    why[0] = '\0';
    return settings_load(&source, why, sizeof(why));
}

static bool load(const char *ini)
{
    return load_bytes(ini, strlen(ini), NULL);
}

static bool load_override(const char *text)
{
    const char *const overrides[] = {text, NULL};
    return load_bytes("", 0, overrides);
}

Test(settings, defaults)
{
    cr_assert(load(""));
    cr_expect_str_eq(sample.servers, "127.0.0.1");
    cr_expect_str_eq(sample.db_password, "");
    cr_expect_eq(sample.port, 25);
    cr_expect_eq(sample.max_body, 1 << 20);
    cr_expect_eq(sample.timeout_ms, 2000);
    cr_expect_not(sample.cors);
    cr_expect_eq(sample.mode, 0);
    cr_expect_eq(other.port, 7);
}

Test(settings, every_type_from_a_file)
{
    cr_assert(load("; comment\n# comment\n\n[sample]\nservers = 10.0.0.1:53, [::1]:53  ; inline\n"
                   "port=465\r\n  max_body = 64k\n\ttimeout: 250ms\ncors = on\nmode = off\n"
                   "[other_part]\nport = -9"),
              "%s", why);
    cr_expect_str_eq(sample.servers, "10.0.0.1:53, [::1]:53");
    cr_expect_eq(sample.port, 465);
    cr_expect_eq(sample.max_body, 65536);
    cr_expect_eq(sample.timeout_ms, 250);
    cr_expect(sample.cors);
    cr_expect_eq(sample.mode, 2);
    cr_expect_eq(other.port, -9);
    cr_expect_str_eq(settings_file(), path);
}

Test(settings, values)
{
    static const struct {
        const char *text;
        int64_t want;
        int64_t *field;
    } rows[] = {
        {"sample.timeout=10ms", 10, &sample.timeout_ms},
        {"sample.timeout=60000ms", 60000, &sample.timeout_ms},
        {"sample.timeout=1m", 60000, &sample.timeout_ms},
        {"sample.max_body=1024", 1024, &sample.max_body},
        {"sample.max_body=1g", 1 << 30, &sample.max_body},
        {"sample.port=1", 1, &sample.port},
        {"sample.port=065", 65, &sample.port},
        {"other_part.port=9223372036854775807", INT64_MAX, &other.port},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cr_expect(load_override(rows[i].text), "%s: %s", rows[i].text, why);
        cr_expect_eq(*rows[i].field, rows[i].want, "%s", rows[i].text);
    }
}

Test(settings, booleans)
{
    static const struct {
        const char *text;
        bool want;
    } rows[] = {{"yes", true}, {"true", true},   {"on", true},   {"1", true},
                {"no", false}, {"false", false}, {"off", false}, {"0", false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[64];
        snprintf(text, sizeof(text), "sample.cors=%s", rows[i].text);
        cr_expect(load_override(text), "%s", why);
        cr_expect_eq(sample.cors, rows[i].want, "%s", rows[i].text);
    }
}

Test(settings, bad_values_say_what_is_expected)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"sample.timeout=2", "\"2\" is not a duration"},
        {"sample.timeout=", "\"\" is not a duration"},
        {"sample.timeout=2 s", "is not a duration"},
        {"sample.timeout=2x", "is not a duration"},
        {"sample.timeout=1.5s", "is not a duration"},
        {"sample.timeout=9ms", "below the minimum, 10ms"},
        {"sample.timeout=61s", "above the maximum, 1m"},
        {"sample.timeout=-1s", "below the minimum"},
        {"sample.timeout=999999999999999999d", "is not a duration"},
        {"sample.port=0", "below the minimum, 1"},
        {"sample.port=65536", "above the maximum, 65535"},
        {"sample.port=25s", "is not a whole number"},
        {"sample.port= 25", "is not a whole number"},
        {"sample.port=+25", "is not a whole number"},
        {"sample.port=0x19", "is not a whole number"},
        {"other_part.port=9223372036854775808", "is not a whole number"},
        {"other_part.port=-", "is not a whole number"},
        {"sample.max_body=1t", "is not a size"},
        {"sample.max_body=9999999999999g", "is not a size"},
        {"sample.cors=Yes", "is not yes or no"},
        {"sample.mode=never", "is not one of: when-required, always, off"},
        {"sample.word=axb", "sample.word: there is an x in it"},
        {"sample.servers=a\nb", "the value holds a control character"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cr_expect_not(load_override(rows[i].text), "%s", rows[i].text);
        cr_expect_not_null(strstr(why, rows[i].want), "%s: %s", rows[i].text, why);
        cr_expect_eq(strncmp(why, "option -o ", 10), 0, "%s: %s", rows[i].text, why);
    }
}

Test(settings, mistakes_in_a_file_name_file_and_line)
{
    static const struct {
        const char *label, *ini;
        int line;
        const char *want;
    } rows[] = {
        {"unknown name", "[sample]\n\nprot = 25\n", 3, "unknown setting sample.prot"},
        {"unknown section", "[smaple]\nport = 25\n", 2, "unknown setting smaple.port"},
        {"no section", "port = 25\n", 1, "unknown setting .port"},
        {"bad value", "[sample]\nport = many\n", 2, "sample.port: \"many\" is not a whole number"},
        {"no value", "[sample]\nport\n", 2, "neither [section]"},
        {"open bracket", "# x\n[sample\nport = 25\n", 2, "neither [section]"},
        {"first of two", "[sample]\nport = a\nport = b\n", 2, "\"a\""},
        {"syntax before value", "[sample]\nport\nport = b\n", 2, "neither [section]"},
        {"value before syntax", "[sample]\nport = b\nport\n", 2, "\"b\""},
        {"indented is no continuation", "[sample]\nservers = a\n   prot = 5\n", 3, "sample.prot"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cr_expect_not(load(rows[i].ini), "%s", rows[i].label);
        char where[96];
        snprintf(where, sizeof(where), "%s:%d: ", path, rows[i].line);
        cr_expect_eq(strncmp(why, where, strlen(where)), 0, "%s: %s", rows[i].label, why);
        cr_expect_not_null(strstr(why, rows[i].want), "%s: %s", rows[i].label, why);
    }
}

Test(settings, lines_inih_would_misread_are_refused)
{
    char long_line[6000];
    memset(long_line, 'x', sizeof(long_line) - 1);
    memcpy(long_line, "[sample]\nservers = ", 19);
    long_line[sizeof(long_line) - 1] = '\0';
    cr_expect_not(load(long_line));
    cr_expect_not_null(strstr(why, ":2: the line is too long"), "%s", why);
    long_line[4000] = '\0';
    cr_expect(load(long_line), "%s", why);
    cr_expect_eq(strlen(sample.servers), 4000 - 19);
    static const char nul[] = "[sample]\nservers = a\0b\n";
    cr_expect_not(load_bytes(nul, sizeof(nul) - 1, NULL));
    cr_expect_not_null(strstr(why, ":2: the line holds a NUL byte"), "%s", why);
}

Test(settings, last_line_wins)
{
    cr_assert(load("[sample]\nport = 1\n[other_part]\nport = 2\n[sample]\nport = 3\n"), "%s", why);
    cr_expect_eq(sample.port, 3);
}

Test(settings, precedence)
{
    static const char *const overrides[] = {"sample.port=4", "sample.port=5", NULL};
    const char *ini = "[sample]\nport = 2\ntimeout = 3s\nservers = file\n";
    setenv("VRFY_SAMPLE_PORT", "3", 1);
    setenv("VRFY_SAMPLE_SERVERS", "environment", 1);
    setenv("VRFY_OTHER_PART_PORT", "8", 1);
    cr_expect(load_bytes(ini, strlen(ini), overrides), "%s", why);
    cr_expect_eq(sample.port, 5);
    cr_expect_str_eq(sample.servers, "environment");
    cr_expect_eq(sample.timeout_ms, 3000);
    cr_expect_eq(other.port, 8);
    cr_expect_eq(sample.max_body, 1 << 20);
    unsetenv("VRFY_SAMPLE_PORT");
    unsetenv("VRFY_SAMPLE_SERVERS");
    unsetenv("VRFY_OTHER_PART_PORT");
}

Test(settings, environment)
{
    static const struct {
        const char *name, *value, *want; /* want: NULL when it is none of our business */
    } rows[] = {
        {"VRFY_CONF", "", NULL},
        {"VRFY_SAMPLER_PORT", "x", NULL},
        {"VRFY_SAMPLE", "x", NULL},
        {"XVRFY_SAMPLE_PORT", "x", NULL},
        {"vrfy_sample_port", "x", NULL},
        {"VRFY_SAMPLE_PROT", "25", "environment variable VRFY_SAMPLE_PROT: unknown setting"},
        {"VRFY_SAMPLE_", "25", "environment variable VRFY_SAMPLE_: unknown setting"},
        {"VRFY_SAMPLE_PORT", "x", "environment variable VRFY_SAMPLE_PORT: sample.port: \"x\""},
        {"VRFY_OTHER_PART_X", "x", "unknown setting other_part.x"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setenv(rows[i].name, rows[i].value, 1);
        cr_expect_eq(load(""), rows[i].want == NULL, "%s: %s", rows[i].name, why);
        if (rows[i].want != NULL)
            cr_expect_not_null(strstr(why, rows[i].want), "%s: %s", rows[i].name, why);
        unsetenv(rows[i].name);
    }
}

Test(settings, overrides_without_a_setting)
{
    static const char *const rows[] = {"", "sample", "sample.port", "port=25", "=", "sample=a.b"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cr_expect_not(load_override(rows[i]), "%s", rows[i]);
        cr_expect_str_eq(why, "option -o: expected section.name=value", "%s", rows[i]);
    }
    cr_expect_not(load_override("sample.prot=25"));
    cr_expect_not_null(strstr(why, "option -o sample.prot: unknown setting sample.prot"));
}

Test(settings, which_file)
{
    struct settings_source source = {.tables = tables};
    cr_assert(load("[sample]\nport = 99\n"));
    setenv("VRFY_CONF", path, 1);
    cr_expect(settings_load(&source, why, sizeof(why)), "%s", why);
    cr_expect_eq(sample.port, 99);
    setenv("VRFY_CONF", "/nonexistent/vrfy.conf", 1);
    cr_expect_not(settings_load(&source, why, sizeof(why)));
    cr_expect_str_eq(why, "/nonexistent/vrfy.conf: No such file or directory");
    cr_expect_null(settings_file());
    source.file = path; /* -c wins over the environment */
    cr_expect(settings_load(&source, why, sizeof(why)), "%s", why);
    unsetenv("VRFY_CONF");
    source.file = "/tmp";
    cr_expect_not(settings_load(&source, why, sizeof(why)));
}

static char *printed(bool json)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    settings_print(tables, out, json);
    fclose(out);
    return text;
}

Test(settings, printing_can_be_read_back_and_hides_secrets)
{
    static const char *const overrides[] = {"sample.db_password=hush", "sample.max_body=64k",
                                            "sample.timeout=1500ms",   "sample.mode=always",
                                            "sample.cors=yes",         NULL};
    cr_assert(load_bytes("", 0, overrides), "%s", why);
    char *text = printed(false);
    cr_expect_null(strstr(text, "hush"));
    cr_expect_not_null(strstr(text, "\ndb_password = ***\n"));
    cr_expect_not_null(strstr(text, "# a wait; 10ms to 1m\ntimeout = 1500ms\n"), "%s", text);
    cr_expect_not_null(strstr(text, "; one of: when-required, always, off\nmode = always\n"));
    cr_expect(load(text), "%s", why);
    cr_expect_eq(sample.max_body, 65536);
    cr_expect_eq(sample.timeout_ms, 1500);
    cr_expect(sample.cors);
    cr_expect_eq(sample.mode, 1);
    free(text);
}

Test(settings, printing_json)
{
    static const char *const overrides[] = {"sample.servers=a\"\\\xc3\xbc\xff",
                                            "sample.db_password=hush", NULL};
    cr_assert(load_bytes("", 0, overrides), "%s", why);
    char *text = printed(true);
    cr_expect_str_eq(text, "{\"sample\": {\n"
                           "    \"servers\": \"a\\\"\\\\\xc3\xbc\\ufffd\",\n"
                           "    \"db_password\": \"***\",\n"
                           "    \"port\": 25,\n"
                           "    \"max_body\": 1048576,\n"
                           "    \"timeout\": \"2s\",\n"
                           "    \"cors\": false,\n"
                           "    \"mode\": \"when-required\",\n"
                           "    \"word\": \"\"},\n"
                           " \"other_part\": {\n"
                           "    \"port\": 7}}\n");
    free(text);
}

Test(settings, free_leaves_the_defaults)
{
    cr_assert(load("[sample]\nservers = 192.0.2.1\nport = 9\n"));
    settings_free(tables);
    cr_expect_str_eq(sample.servers, "127.0.0.1");
    cr_expect_eq(sample.port, 25);
    cr_expect_null(settings_file());
}
