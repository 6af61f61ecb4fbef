/* test_store_id.c - ids: text and back, texts that are none, and that no two are the same. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/store_ledger.h"

Test(store_id, round_trip)
{
    uint8_t ids[200][STORE_ID_LEN] = {{0}, {0xFF, 0xFE, 0xFD, 0xFC}, {0x01, 0x23, 0x45, 0x67}};
    for (size_t i = 3; i < COUNT_OF(ids); i++)
        (i % 2 == 0 ? store_id_new : store_id_new_uuid)(ids[i]);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        char text[STORE_ID_TEXT];
        uint8_t back[STORE_ID_LEN] = {0xAA};
        store_id_text(ids[i], text);
        cr_assert_eq(strlen(text), STORE_ID_TEXT - 1);
        cr_assert(text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-');
        cr_assert(store_id_parse(text, strlen(text), back), "%s", text);
        cr_assert_arr_eq(back, ids[i], STORE_ID_LEN, "%s", text);
        for (size_t j = 0; j < i; j++)
            cr_assert_neq(memcmp(ids[i], ids[j], STORE_ID_LEN), 0);
    }
}

Test(store_id, uuids_are_of_version_7)
{
    for (int i = 0; i < 100; i++) {
        uint8_t id[STORE_ID_LEN];
        char text[STORE_ID_TEXT];
        store_id_new_uuid(id);
        store_id_text(id, text);
        cr_assert_eq(text[14], '7', "%s", text);
        cr_assert_neq(strchr("89ab", text[19]), NULL, "%s", text);
    }
}

Test(store_id, texts)
{
    static const struct {
        const char *text;
        size_t len; /* 0: all of it */
        bool good;
    } rows[] = {
        {"01234567-89ab-7def-8123-456789abcdef", 0, true},
        {"01234567-89AB-7DEF-8123-456789ABCDEF", 0, true},
        {"01234567-89aB-7dEf-8123-456789AbCdEf", 0, true},
        {"00000000-0000-0000-0000-000000000000", 0, true},
        {"ffffffff-ffff-ffff-ffff-ffffffffffff", 0, true},
        {"", 0, false},
        {"01234567-89ab-7def-8123-456789abcde", 0, false},
        {"01234567-89ab-7def-8123-456789abcdef0", 0, false},
        {"01234567-89ab-7def-8123-456789abcdefXX", 36, true},
        {"01234567-89ab-7def-8123-456789abcdef", 35, false},
        {"0123456789ab7def8123456789abcdef", 0, false},
        {"0123456789ab7def8123456789abcdef----", 0, false},
        {"01234567_89ab_7def_8123_456789abcdef", 0, false},
        {"0123456-789ab-7def-8123-456789abcdef", 0, false},
        {"{1234567-89ab-7def-8123-456789abcde}", 0, false},
        {"g1234567-89ab-7def-8123-456789abcdef", 0, false},
        {"01234567-89ab-7def-8123-456789abcdeg", 0, false},
        {" 1234567-89ab-7def-8123-456789abcdef", 0, false},
        {"01234567-89ab-7def-8123-456789abcde\n", 0, false},
        {"01234567-89ab-7def-8123-456789abcde\xE9", 0, false},
        {"01234567-89ab-7def-8123-456789abcd\xC3\xA9", 0, false},
        {"01234567-89ab-7def-8123-456789abc\0ef", 36, false},
        {"+1234567-89ab-7def-8123-456789abcdef", 0, false},
        {"0x234567-89ab-7def-8123-456789abcdef", 0, false},
        {"@1234567-89ab-7def-8123-456789abcdeG", 0, false},
        {"01234567-89ab-7def-8123-456789abcde`", 0, false},
        {"01234567-89ab-7def-8123--56789abcdef", 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t id[STORE_ID_LEN];
        size_t len = rows[i].len != 0 ? rows[i].len : strlen(rows[i].text);
        char *copy = x_malloc(len + 1); /* exactly as long, for a reader that goes too far */
        memcpy(copy, rows[i].text, len);
        char *exact = x_realloc(copy, len > 0 ? len : 1, 1);
        cr_assert_eq(store_id_parse(exact, len, id), rows[i].good, "row %zu: %s", i, rows[i].text);
        free(exact);
    }
    uint8_t id[STORE_ID_LEN];
    cr_assert(store_id_parse(rows[1].text, 36, id));
    static const uint8_t want[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0x7D, 0xEF,
                                   0x81, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};
    cr_assert_arr_eq(id, want, STORE_ID_LEN);
}
