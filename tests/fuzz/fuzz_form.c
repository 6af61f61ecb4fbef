/* fuzz_form.c - any bytes as a query string: nothing crashes, limits hold, fields are UTF-8. */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "http/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct http_fields fields;
    const char *why = NULL;
    bool good = form_parse(arena, (const char *)data, size, &fields, &why);
    assert(good == (why == NULL));
    assert(fields.count <= FORM_FIELDS_MAX);
    for (size_t i = 0; i < fields.count; i++) {
        const struct http_field *field = &fields.list[i];
        assert(field->name_len <= FORM_NAME_MAX && field->value_len <= FORM_VALUE_MAX);
        assert(utf8_valid(field->name, field->name_len));
        assert(utf8_valid(field->value, field->value_len));
        assert(field->name[field->name_len] == '\0' && field->value[field->value_len] == '\0');
    }
    arena_free(&arena);
    return 0;
}
