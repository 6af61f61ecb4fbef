/* Any bytes as a settings file.  Beyond memory safety: a refusal says why, and settings that were
 * accepted are printed so that reading them again gives the same. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/settings.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_settings {
    const char *text;
    int64_t number, size, wait_ms;
    bool flag;
    int choice;
};
static struct fuzz_settings values;
static const char *const choices[] = {"one", "two", NULL};
static const struct setting_row rows[] = {
    SETTING_STRING(struct fuzz_settings, text, "text", "t", "text"),
    SETTING_INT(struct fuzz_settings, number, "number", "1", "-9", NULL, "number"),
    SETTING_SIZE(struct fuzz_settings, size, "size", "1k", NULL, "1g", "size"),
    SETTING_DURATION(struct fuzz_settings, wait_ms, "wait", "0s", "0s", "9d", "wait"),
    SETTING_BOOL(struct fuzz_settings, flag, "flag", "no", "flag"),
    SETTING_CHOICE(struct fuzz_settings, choice, "choice", "two", choices, "choice"),
};
static const struct settings_table table = {"s", rows, COUNT_OF(rows), &values};
static const struct settings_table *const tables[] = {&table, NULL};

static bool load(const void *data, size_t size, char *why, size_t why_size)
{
    char path[64];
    int fd = memfd_create("settings", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct settings_source source = {.tables = tables, .file = path};
    bool ok = settings_load(&source, why, why_size);
    close(fd);
    return ok;
}

static char *print(size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    settings_print(tables, out, false);
    fclose(out);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[512] = "";
    if (load(data, size, why, sizeof(why))) {
        size_t len, again_len;
        char *text = print(&len);
        assert(load(text, len, why, sizeof(why)));
        char *again = print(&again_len);
        assert(len == again_len && memcmp(text, again, len) == 0);
        free(text);
        free(again);
    } else {
        assert(why[0] != '\0');
    }
    settings_free(tables);
    return 0;
}
