/* fuzz_mailcaff.c - any bytes as the address of a request to mailcaff, as a lead's names and
 * domain, as what a search has found and as a company's name: every answer is one JSON object, and
 * a quick check promises nothing. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "dialect/mailcaff.h"
#include "http/json_in.h"
#include "verify/judge.h"
#include "verify/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(struct strbuf *answer)
{
    struct json_object *object = NULL;
    const char *why = NULL;
    assert(utf8_valid(answer->data, answer->len) && strlen(answer->data) == answer->len);
    assert(json_in_parse(answer->data, answer->len, &object, &why));
    json_object_put(object);
    strbuf_clear(answer);
}

static void check_verify(const struct facts *facts, struct strbuf *answer)
{
    struct verdict verdict = verdict_of(facts);
    struct mailcaff_opinion quick = mailcaff_opinion_of(facts, &verdict, MAILCAFF_QUICK);
    assert(quick.status != MAILCAFF_VALID && quick.status != MAILCAFF_RISKY);
    mailcaff_render(answer, facts, &verdict, MAILCAFF_POWER, 1);
    check_answer(answer);
    mailcaff_render(answer, facts, &verdict, MAILCAFF_QUICK, 1);
    check_answer(answer);
}

static void check_find(struct facts *facts, const char *text, struct strbuf *answer)
{
    static const struct mailcaff_job job = {.id = "1", .status = "processing"};
    struct mailcaff_page page;
    facts->found = (struct found_facts){.searched = true,
                                        .confidence = FOUND_HIGH,
                                        .source = FOUND_BY_SMTP,
                                        .email = text,
                                        .pattern = text};
    mailcaff_render_find(answer, facts, 1);
    check_answer(answer);
    mailcaff_find_page_begin(&page, answer, &job);
    mailcaff_find_page_row(&page, text, text, text, facts);
    mailcaff_page_end(&page);
    check_answer(answer);
}

static void check_domain(const char *text, struct strbuf *answer)
{
    const struct mailcaff_domain domain = {.company = text, .domain = text, .confidence = "low"};
    mailcaff_render_domain(answer, &domain, 1);
    check_answer(answer);
    mailcaff_render_error(answer, text);
    check_answer(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = size > 0 ? (const char *)data : "";
    char *text = x_strndup(bytes, size);
    struct facts *facts = facts_new();
    struct strbuf answer = {0};
    facts->input = facts_printable(facts->arena, bytes, size);
    address_parse(bytes, size, &facts->address);
    check_verify(facts, &answer);
    check_find(facts, text, &answer);
    check_domain(text, &answer);
    strbuf_free(&answer);
    facts_free(&facts);
    free(text);
    return 0;
}
