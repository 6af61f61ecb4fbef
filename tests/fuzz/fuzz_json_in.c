/* fuzz_json_in.c - any bytes as a JSON body: an object or a reason.  What was accepted must,
 * printed by json-c, be accepted again and print the same. */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <json-c/json.h>

#include "http/json_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_object *first, *second;
    const char *why = NULL;
    bool good = json_in_parse((const char *)data, size, &first, &why);
    assert(good == (why == NULL) && good == (first != NULL));
    if (!good)
        return 0;
    const char *text = json_object_to_json_string_ext(first, JSON_C_TO_STRING_PLAIN);
    assert(json_in_parse(text, strlen(text), &second, &why));
    assert(strcmp(text, json_object_to_json_string_ext(second, JSON_C_TO_STRING_PLAIN)) == 0);
    json_object_put(second);
    json_object_put(first);
    return 0;
}
