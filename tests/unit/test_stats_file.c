/* The file that always says how the engine does. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/stats_file.h"
#include "base/clock.h"
#include "pace_file.h"

enum { PATIENCE_MS = 20000 };

static struct fixture {
    struct loop *loop;
    struct verify_engine *engine;
    char folder[64], path[128];
} fx;

static void fixture_open(const char *name)
{
    char why[160] = "";
    static struct smtp_settings smtp;
    static struct verify_settings verify = {.cache_domains = 10, .outage_hosts = 5};
    static struct dns_settings dns = {
        .servers = "127.0.0.1:1", .timeout_ms = 100, .tries = 1, .max_in_flight = 10};
    settings_defaults(&smtp_settings_table);
    smtp = smtp_settings;
    fx.loop = loop_new();
    const struct pace_settings pace = pace_file_settings();
    const struct verify_config config = {
        .loop = fx.loop, .verify = &verify, .smtp = &smtp, .dns = &dns, .pace = &pace};
    fx.engine = verify_engine_new(&config, why, sizeof(why));
    cr_assert_not_null(fx.engine, "%s", why);
    loop_start(fx.loop);
    snprintf(fx.folder, sizeof(fx.folder), "/tmp/vrfy-test-stats-XXXXXX");
    cr_assert_not_null(mkdtemp(fx.folder));
    snprintf(fx.path, sizeof(fx.path), "%s/%s", fx.folder, name);
}

static void fixture_close(void)
{
    loop_stop(fx.loop);
    verify_engine_free(&fx.engine);
    pace_file_remove();
    loop_free(&fx.loop);
    unlink(fx.path);
    cr_expect_eq(rmdir(fx.folder), 0, "something was left in %s", fx.folder);
}

static void on_done(struct facts *facts, void *arg)
{
    (void)arg;
    facts_free(&facts);
}

static void verify_one(void)
{
    const struct verify_request request = {.input = "x", .input_len = 1};
    verify_start(fx.engine, &request, on_done, NULL);
}

/* Waits until the file says so. */
static bool says(const char *path, const char *words)
{
    static char text[65536];
    for (int64_t end_ms = clock_mono_ms() + PATIENCE_MS; clock_mono_ms() < end_ms; usleep(20000)) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        ssize_t len = read(fd, text, sizeof(text) - 1);
        close(fd);
        text[len > 0 ? len : 0] = '\0';
        cr_assert(len > 0 && text[len - 1] == '\n', "half a file: %s", text);
        if (strstr(text, words) != NULL)
            return true;
    }
    return false;
}

Test(stats_file, none_is_wanted)
{
    const struct stats_settings settings = {.file = "", .every_ms = 1000};
    fixture_open("none");
    struct stats_file *file = stats_file_new(&settings, fx.engine);
    cr_expect_null(file);
    stats_file_free(&file);
    fixture_close();
}

Test(stats_file, is_kept_up_to_date)
{
    fixture_open("vrfy.prom");
    const struct stats_settings settings = {.file = fx.path, .every_ms = 50};
    struct stats_file *file = stats_file_new(&settings, fx.engine);
    cr_expect(says(fx.path, "\nvrfy_probes_started_total 0\n"));
    verify_one();
    cr_expect(says(fx.path, "\nvrfy_probes_started_total 1\n"));
    cr_expect(says(fx.path, "\nvrfy_probes_done_total 1\n"));
    struct stat stat_of;
    cr_expect_eq(stat(fx.path, &stat_of), 0);
    cr_expect_eq(stat_of.st_mode & 0777, 0644 & ~umask(0));
    stats_file_free(&file);
    fixture_close();
}

/* The last state of a process that ended is the file's. */
Test(stats_file, has_the_last_word_and_is_json_by_its_name)
{
    fixture_open("100%.json");
    char pattern[160];
    snprintf(pattern, sizeof(pattern), "%s/100%%%%.json", fx.folder);
    const struct stats_settings settings = {.file = pattern, .every_ms = 3600 * 1000};
    struct stats_file *file = stats_file_new(&settings, fx.engine);
    cr_expect(says(fx.path, "{\"probes\":{\"started\":0,"));
    verify_one();
    stats_file_free(&file);
    cr_expect(says(fx.path, "{\"probes\":{\"started\":1,"));
    fixture_close();
}

/* One per process: labelled, and gone with it. */
Test(stats_file, of_one_process)
{
    char name[64], words[80], pattern[160];
    snprintf(name, sizeof(name), "vrfy-%ld.prom", (long)getpid());
    snprintf(words, sizeof(words), "vrfy_probes_started_total{pid=\"%ld\"} 0\n", (long)getpid());
    fixture_open(name);
    snprintf(pattern, sizeof(pattern), "%s/vrfy-%%p.prom", fx.folder);
    const struct stats_settings settings = {.file = pattern, .every_ms = 3600 * 1000};
    struct stats_file *file = stats_file_new(&settings, fx.engine);
    cr_expect(says(fx.path, words));
    stats_file_free(&file);
    cr_expect_neq(access(fx.path, F_OK), 0);
    fixture_close();
}

/* A folder that comes later is used when it is there. */
Test(stats_file, what_cannot_be_written_is_tried_again)
{
    fixture_open("later/vrfy.prom");
    char folder[80];
    snprintf(folder, sizeof(folder), "%s/later", fx.folder);
    const struct stats_settings settings = {.file = fx.path, .every_ms = 20};
    struct stats_file *file = stats_file_new(&settings, fx.engine);
    usleep(100000);
    cr_expect_eq(mkdir(folder, 0755), 0);
    cr_expect(says(fx.path, "vrfy_probes_started_total 0\n"));
    stats_file_free(&file);
    unlink(fx.path);
    cr_expect_eq(rmdir(folder), 0);
    fixture_close();
}
