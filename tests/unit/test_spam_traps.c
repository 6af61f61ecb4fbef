/* test_spam_traps.c - every form of the operator's file, and what is said about a bad one. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "verify/spam_traps.h"
#include "verify/syntax.h"

/* Of "test@example.com". */
#define DIGEST "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"

#define FILE_OF(text)          \
    {                          \
        text, sizeof(text) - 1 \
    }
static const struct {
    const char *label;
    struct {
        const char *text;
        size_t len;
    } file;
    const char *asked;
    bool trap;
    size_t count;
} rows[] = {
    {"nothing", FILE_OF(""), "test@example.com", false, 0},
    {"comments and empty lines", FILE_OF("# one\n\n  # two\n \t\r\n"), "a@example.com", false, 0},
    {"an address", FILE_OF("test@example.com\n"), "test@example.com", true, 1},
    {"another", FILE_OF("test@example.com\n"), "tests@example.com", false, 1},
    {"another domain", FILE_OF("test@example.com\n"), "test@example.net", false, 1},
    {"the last without a newline", FILE_OF("a@example.com\ntest@example.com"), "test@example.com",
     true, 2},
    {"CR LF", FILE_OF("a@example.com\r\ntest@example.com\r\n"), "test@example.com", true, 2},
    {"space around it", FILE_OF(" \ttest@example.com \n"), "test@example.com", true, 1},
    {"a mark of UTF-8", FILE_OF("\xEF\xBB\xBFtest@example.com\n"), "test@example.com", true, 1},
    {"upper case in the file", FILE_OF("TEST@Example.COM\n"), "test@example.com", true, 1},
    {"upper case in the question", FILE_OF("test@example.com\n"), "Test@EXAMPLE.com", true, 1},
    {"'#' in an address", FILE_OF("#a@example.com\nb#c@example.com\n"), "b#c@example.com", true, 1},
    {"quoted for no reason", FILE_OF("\"test\"@example.com\n"), "test@example.com", true, 1},
    {"quoted for one", FILE_OF("\"te st\"@example.com\n"), "\"te\\ st\"@example.com", true, 1},
    {"an IDN",
     FILE_OF("test@b\xC3\xBC"
             "cher.example\n"),
     "test@xn--bcher-kva.example", true, 1},
    {"a digest", FILE_OF(DIGEST "\n"), "test@example.com", true, 1},
    {"a digest, any case asked", FILE_OF(DIGEST "\n"), "TEST@example.com", true, 1},
    {"a digest of another", FILE_OF(DIGEST "\n"), "tests@example.com", false, 1},
    {"a digest in upper case",
     FILE_OF("973DFE463EC85785F5F95AF5BA3906EEDB2D931C24E69824A89EA65DBA4E813B\n"),
     "test@example.com", true, 1},
    {"both forms", FILE_OF("b@example.com\n" DIGEST "\na@example.com\n"), "b@example.com", true, 3},
    {"twice", FILE_OF("a@example.com\na@example.com\n"), "a@example.com", true, 2},
    {"a sub-address is another's", FILE_OF("test@example.com\n"), "test+x@example.com", false, 1},
};

static char path[64];

static void write_file(const char *text, size_t len)
{
    snprintf(path, sizeof(path), "/tmp/vrfy-test-traps-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, len), (ssize_t)len);
    close(fd);
}

Test(spam_traps, files)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char why[160] = "";
        struct address address;
        write_file(rows[i].file.text, rows[i].file.len);
        struct spam_traps *traps = spam_traps_read(path, why, sizeof(why));
        unlink(path);
        cr_assert_not_null(traps, "%s: %s", rows[i].label, why);
        cr_assert_eq(address_parse(rows[i].asked, strlen(rows[i].asked), &address), ADDRESS_OK,
                     "%s", rows[i].label);
        cr_expect_eq(spam_traps_have(traps, &address), rows[i].trap, "%s", rows[i].label);
        cr_expect_eq(spam_traps_count(traps), rows[i].count, "%s", rows[i].label);
        spam_traps_free(&traps);
        cr_expect_null(traps);
    }
}

static const struct {
    const char *label;
    struct {
        const char *text;
        size_t len;
    } file;
    const char *wrong;
} bad_rows[] = {
    {"no address", FILE_OF("test\n"), "line 1: neither an address (no-at) nor a SHA-256"},
    {"the third line", FILE_OF("# x\na@example.com\na b@example.com\n"), "line 3: neither"},
    {"the last, without a newline", FILE_OF("a@example.com\n@example.com"), "line 2: neither"},
    {"the first of two", FILE_OF("x\ny\n"), "line 1: neither"},
    {"a comment behind it", FILE_OF("a@example.com # mine\n"), "line 1: neither"},
    {"two in a line", FILE_OF("a@example.com, b@example.com\n"), "line 1: neither"},
    {"a domain", FILE_OF("example.com\n"), "(no-at)"},
    {"a digest of 63", FILE_OF("73dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b\n"),
     "(no-at)"},
    {"a digest with a letter too far",
     FILE_OF("973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813g\n"), "(no-at)"},
    {"a NUL", FILE_OF("a\0@example.com\n"), "(control-character)"},
    {"no text at all",
     FILE_OF("\xFF\xFE"
             "a\0@\0"),
     "line 1: neither"},
};

Test(spam_traps, bad_lines_are_named_and_not_shown)
{
    for (size_t i = 0; i < COUNT_OF(bad_rows); i++) {
        char why[160] = "";
        write_file(bad_rows[i].file.text, bad_rows[i].file.len);
        struct spam_traps *traps = spam_traps_read(path, why, sizeof(why));
        unlink(path);
        cr_expect_null(traps, "%s", bad_rows[i].label);
        cr_expect_not_null(strstr(why, bad_rows[i].wrong), "%s: %s", bad_rows[i].label, why);
        cr_expect_eq(strncmp(why, path, strlen(path)), 0, "%s: %s", bad_rows[i].label, why);
        cr_expect_null(strstr(why, "example"), "%s: %s", bad_rows[i].label, why);
        spam_traps_free(&traps);
    }
}

Test(spam_traps, what_is_no_file)
{
    char why[160];
    cr_expect_null(spam_traps_read("/tmp/vrfy-no-such-file", why, sizeof(why)));
    cr_expect_str_eq(why, "/tmp/vrfy-no-such-file: No such file or directory");
    cr_expect_null(spam_traps_read("/tmp", why, sizeof(why)));
    cr_expect_str_eq(why, "/tmp: Invalid argument");
    write_file("", 0);
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_null(spam_traps_read(path, why, sizeof(why)), "a pipe was read");
    unlink(path);
}

Test(spam_traps, many)
{
    struct strbuf text = {0};
    char why[160] = "", mail[40];
    struct address address;
    for (int i = 0; i < 5000; i++)
        strbuf_printf(&text, "trap%d@example.com\n", i * 2);
    write_file(text.data, text.len);
    struct spam_traps *traps = spam_traps_read(path, why, sizeof(why));
    unlink(path);
    cr_assert_not_null(traps, "%s", why);
    for (int i = 0; i < 10000; i++) {
        snprintf(mail, sizeof(mail), "trap%d@example.com", i);
        address_parse(mail, strlen(mail), &address);
        cr_assert_eq(spam_traps_have(traps, &address), i % 2 == 0, "%s", mail);
    }
    spam_traps_free(&traps);
    strbuf_free(&text);
}
