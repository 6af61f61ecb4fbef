/* Any bytes as a SOCKS5 proxy's answers: never more is used than is there, a finished answer stays
 * the same with bytes behind it, and a bad one names an errno. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "io/socks_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum socks_read socks_reader(const char *data, size_t len, size_t *used, int *error);

static void read_all(socks_reader *reader, const char *data, size_t size)
{
    size_t used = 0, used_again = 0;
    int error = 0;
    enum socks_read got = reader(data, size, &used, &error);
    if (got == SOCKS_READ_BAD)
        assert(error > 0);
    if (got != SOCKS_READ_DONE)
        return;
    assert(used > 0 && used <= size);
    got = reader(data, used, &used_again, &error);
    assert(got == SOCKS_READ_DONE && used_again == used);
    got = reader(data, used - 1, &used_again, &error);
    assert(got == SOCKS_READ_MORE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(socks_read_method, (const char *)data, size);
    read_all(socks_read_reply, (const char *)data, size);
    return 0;
}
