/* test_log.c - what reaches the target: format, cleaning, cutting, the queue, reopening. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"

static char path[64];

static void fresh_path(void)
{
    snprintf(path, sizeof(path), "/tmp/vrfy-test-log-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
}

static void remove_path(void)
{
    log_close();
    unlink(path);
}

static void open_log(int level)
{
    struct log_settings settings = {.target = path, .level = level};
    log_open(&settings, "test");
}

static char *contents(void)
{
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f);
    static char text[4 * 1024 * 1024];
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++)
        n++;
    return n;
}

TestSuite(log, .init = fresh_path, .fini = remove_path);

Test(log, a_line_has_time_program_pid_and_level)
{
    open_log(LOG_LEVEL_INFO);
    log_warn("breaker open for %s", "example.org");
    regex_t re;
    cr_assert_eq(regcomp(&re,
                         "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z test\\[[0-9]+\\] warn: "
                         "breaker open for example\\.org\n$",
                         REG_EXTENDED | REG_NOSUB),
                 0);
    cr_assert_eq(regexec(&re, contents(), 0, NULL, 0), 0, "got: %s", contents());
    regfree(&re);
}

Test(log, less_important_lines_are_left_out)
{
    open_log(LOG_LEVEL_WARN);
    log_error("one");
    log_warn("two");
    log_info("three");
    log_debug("four");
    cr_assert_eq(count_lines(contents()), 2);
}

Test(log, control_characters_and_bad_bytes_are_replaced)
{
    static const struct {
        const char *label, *in, *out;
    } rows[] = {
        {"line feed", "a\nb", ": a?b\n"},
        {"carriage return", "a\r\nb", ": a??b\n"},
        {"escape", "\x1b[31m", ": ?[31m\n"},
        {"DEL", "a\x7f", ": a?\n"},
        {"C1 control in UTF-8",
         "a\xc2\x9b"
         "b",
         ": a?b\n"},
        {"Latin-1 byte", "j\xfcrgen", ": j?rgen\n"},
        {"UTF-8 stays", "j\xc3\xbcrgen", ": j\xc3\xbcrgen\n"},
    };
    open_log(LOG_LEVEL_INFO);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cr_assert_eq(truncate(path, 0), 0);
        log_info("%s", rows[i].in);
        const char *text = contents();
        const char *colon = strstr(text, "info") + strlen("info");
        cr_expect_str_eq(colon, rows[i].out, "%s", rows[i].label);
    }
}

Test(log, a_long_line_is_cut_between_characters)
{
    /* Two-byte characters behind 0 or 1 ASCII bytes: one of the two splits at the cut. */
    char text[3000];
    open_log(LOG_LEVEL_INFO);
    for (size_t shift = 0; shift < 2; shift++) {
        cr_assert_eq(truncate(path, 0), 0);
        memset(text, 'a', shift);
        for (size_t i = shift; i + 1 < sizeof(text); i += 2)
            memcpy(text + i, "\xc3\xbc", 2);
        text[sizeof(text) - 1] = '\0';
        log_info("%s", text);
        const char *line = contents();
        size_t len = strlen(line);
        cr_expect_leq(len, 1000, "shift %zu", shift);
        cr_expect_geq(len, 990, "shift %zu", shift);
        cr_expect_eq(line[len - 1], '\n', "shift %zu", shift);
        cr_expect_eq((unsigned char)line[len - 2], 0xbc, "shift %zu", shift);
    }
}

Test(log, the_writer_thread_writes_in_order_and_close_flushes)
{
    open_log(LOG_LEVEL_INFO);
    log_start();
    for (int i = 0; i < 500; i++)
        log_info("line %03d", i);
    log_close();
    const char *at = contents();
    cr_assert_eq(count_lines(at), 500);
    for (int i = 0; i < 500; i++) {
        char want[32];
        snprintf(want, sizeof(want), "line %03d\n", i);
        at = strstr(at, want);
        cr_assert_not_null(at, "line %d", i);
    }
}

/* A FIFO nobody reads from stops the writer thread when it is full: callers must not notice, and
 * the lines that did not fit must be counted. */
static void *drain(void *arg)
{
    int fd = *(int *)arg;
    static char all[8 * 1024 * 1024];
    size_t n = 0;
    for (ssize_t got; n < sizeof(all) - 1 && (got = read(fd, all + n, sizeof(all) - 1 - n)) > 0;)
        n += (size_t)got;
    all[n] = '\0';
    return all;
}

Test(log, a_full_queue_drops_and_counts)
{
    enum { LINES = 5000 };
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    cr_assert_geq(reader, 0);
    open_log(LOG_LEVEL_INFO);
    log_start();
    for (int i = 0; i < LINES; i++)
        log_info("%0100d", i);
    cr_assert_eq(fcntl(reader, F_SETFL, 0), 0);
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, drain, &reader), 0);
    log_close();
    void *all;
    pthread_join(thread, &all);
    close(reader);
    const char *said = strstr(all, " log lines dropped");
    cr_assert_not_null(said);
    while (said[-1] != ' ')
        said--;
    long dropped = strtol(said, NULL, 10);
    cr_assert_gt(dropped, 0);
    cr_assert_eq(count_lines(all) - 1 + (size_t)dropped, LINES);
}

static void check_reopen(void)
{
    char moved[80];
    snprintf(moved, sizeof(moved), "%s.1", path);
    log_info("before");
    for (int i = 0; i < 500 && count_lines(contents()) == 0; i++)
        usleep(10000);
    cr_assert_eq(rename(path, moved), 0);
    log_reopen();
    log_info("after");
    log_close();
    cr_expect_not_null(strstr(contents(), "after"));
    cr_expect_null(strstr(contents(), "before"));
    unlink(moved);
}

Test(log, reopens_without_a_thread)
{
    open_log(LOG_LEVEL_INFO);
    check_reopen();
}

Test(log, reopens_with_a_thread)
{
    open_log(LOG_LEVEL_INFO);
    log_start();
    check_reopen();
}

Test(log, a_file_that_cannot_be_opened_means_stderr)
{
    /* stderr is the test's own file for the moment. */
    int saved = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    cr_assert(saved >= 0 && fd >= 0);
    dup2(fd, STDERR_FILENO);
    struct log_settings settings = {.target = "/nonexistent/vrfy.log", .level = LOG_LEVEL_INFO};
    log_open(&settings, "test");
    log_error("still here");
    log_close();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(fd);
    cr_expect_not_null(strstr(contents(), "cannot open the log file /nonexistent/vrfy.log"));
    cr_expect_not_null(strstr(contents(), "error: still here\n"));
}
