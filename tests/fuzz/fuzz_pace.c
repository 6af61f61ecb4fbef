/* Any bytes behind the header of a pace file.  Beyond memory safety: it is refused with a reason,
 * or opened, and then every question is answered, every wait has a bound, and what is printed is
 * printable. */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "io/pace_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HOURS_4_MS = 4 * 60 * 60 * 1000 };
static const char *const operators[] = {"Google", "Microsoft", "", "example.com"};

/* The first byte says where the rest goes: 0: the whole file; else behind a good header, from each
 * operator's bucket on. */
static void file_write(const char *path, const uint8_t *data, size_t size, bool whole)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert(fd >= 0);
    if (whole)
        assert(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    for (size_t i = 0; !whole && i < COUNT_OF(operators); i++) {
        size_t bucket = pace_pair(operators[i], "").key % PACE_BUCKETS;
        off_t at = (off_t)offsetof(struct pace_file, buckets) +
                   (off_t)(bucket * sizeof(struct pace_bucket));
        size_t most = sizeof(struct pace_bucket);
        assert(pwrite(fd, data, size < most ? size : most, at) >= 0);
    }
    close(fd);
}

/* A fuzzed key is hardly ever the operator's: gives it the first cell, with the fuzz in it. */
static void adopt(struct pace *pace, const char *operator)
{
    uint64_t key = pace_pair(operator, "").key;
    atomic_store(&pace_bucket_of(pace, key)->keys[0], key);
}

static void ask(struct pace *pace, const char *operator)
{
    const struct pace_limits limits = {.sessions = 3, .starts_per_second = 100};
    struct pace_permit *permits[8];
    for (size_t i = 0; i < COUNT_OF(permits); i++) {
        struct pace_decision decision = pace_start(pace, operator, "", &limits, &permits[i]);
        assert((decision.answer == PACE_GO) == (permits[i] != NULL));
        assert(decision.answer == PACE_GO || decision.wait_ms > 0);
        assert(decision.wait_ms <= HOURS_4_MS + 61000);
        if (permits[i] != NULL)
            pace_report(permits[i], (enum pace_report)(i % 3), i);
    }
    for (size_t i = 0; i < COUNT_OF(permits); i++)
        pace_end(&permits[i]);
}

static void look(const struct pace_state *state, void *arg)
{
    (void)arg;
    for (const char *c = state->operator; *c != '\0'; c++)
        assert(*c >= 0x20 && *c <= 0x7E);
    assert(strlen(state->source) < sizeof(state->source));
    assert(state->sessions >= 0 && state->idle_ms >= 0 && state->pause_ms >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], why[200] = "";
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, sizeof(path), "%s/fuzz-pace-%d", folder, (int)getpid());
    settings_defaults(&pace_settings_table);
    pace_settings.file = path;
    bool whole = size > 0 && data[0] == 0;
    struct pace *pace = whole ? NULL : pace_open(&pace_settings, "", why, sizeof(why));
    pace_close(&pace);
    if (size > 0)
        file_write(path, data + 1, size - 1, whole);
    pace = pace_open(&pace_settings, "", why, sizeof(why));
    assert(pace != NULL || why[0] != '\0');
    for (size_t i = 0; pace != NULL && i < COUNT_OF(operators); i++) {
        ask(pace, operators[i]);
        adopt(pace, operators[i]);
        ask(pace, operators[i]);
    }
    if (pace != NULL) {
        pace_each(pace, look, NULL);
        pace_forgive(pace, "Google");
    }
    pace_close(&pace);
    unlink(path);
    return 0;
}
