/* fuzz_validmail.c - any bytes as the address of a request to validmail: every address that RFC
 * 5321 knows has the shape, what has it can be told in JSON, and what has not is nobody's address.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "dialect/validmail.h"
#include "verify/judge.h"
#include "verify/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(const char *text, size_t len)
{
    struct facts *facts = facts_new();
    facts->input = facts_printable(facts->arena, text, len);
    address_parse(text, len, &facts->address);
    struct verdict verdict = verdict_of(facts);
    struct strbuf answer = {0};
    validmail_render(&answer, facts, &verdict, 1);
    assert(utf8_valid(answer.data, answer.len) && strlen(answer.data) == answer.len);
    bool known = facts->address.error == ADDRESS_OK || facts->address.error == ADDRESS_LITERAL;
    assert((strstr(answer.data, "\"syntax\":{\"valid\":true,\"normalized\":\"") != NULL) == known);
    strbuf_free(&answer);
    facts_free(&facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = size > 0 ? (const char *)data : "";
    struct address address;
    enum address_error error = address_parse(text, size, &address);
    bool shaped = validmail_has_shape(text, size);
    assert(shaped || (error != ADDRESS_OK && error != ADDRESS_LITERAL));
    assert(!shaped || (error != ADDRESS_EMPTY && error != ADDRESS_NO_AT));
    if (shaped)
        check_answer(text, size);
    return 0;
}
