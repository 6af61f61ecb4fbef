/* RDAP answers of any bytes: what is told of them is a status, a possible date, a printable name
 * and a possible id; the same about a domain is the same or nothing. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "rdap/rdap.h"
#include "rdap/rdap_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *name, size_t room)
{
    size_t len = strnlen(name, room);
    assert(len < room && utf8_valid(name, len));
    assert(name[0] != ' ' && (len == 0 || name[len - 1] != ' '));
    for (size_t i = 0; i < len; i++)
        assert((unsigned char)name[i] >= 0x20 && name[i] != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int64_t from_us = (int64_t)473385600 * 1000000; /* 1985 */
    struct rdap_answer out, about;
    rdap_parse((const char *)data, size, &out);
    assert(out.status == RDAP_FOUND || out.status == RDAP_NOT_FOUND || out.status == RDAP_FAILED);
    assert(out.registered_us == 0 || out.registered_us >= from_us);
    assert(out.registrar_id >= 0 && out.registrar_id <= 999999999);
    assert(out.status == RDAP_FOUND ||
           (out.registered_us == 0 && out.registrar_id == 0 && out.registrar[0] == '\0'));
    check_name(out.registrar, sizeof(out.registrar));
    assert(rdap_age_days(&out, from_us) <= 0);
    rdap_is_bulk(&out);
    rdap_parse_about((const char *)data, size, "example.com", &about);
    assert(about.status == out.status || about.status == RDAP_FAILED);
    return 0;
}
