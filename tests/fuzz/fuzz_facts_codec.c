/* Any bytes as facts.  What can be read is within every limit, and is written again as bytes that
 * read as the same facts. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model/facts_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t max)
{
    if (text == NULL)
        return;
    assert(strlen(text) > 0 && strlen(text) <= max);
    for (; *text != '\0'; text++)
        assert(*text >= 0x20 && *text <= 0x7E);
}

static void check_reply(const struct reply_facts *reply)
{
    assert(reply->code == 0 || (reply->code >= 200 && reply->code <= 599));
    for (int i = 0; i < 3; i++)
        assert(reply->enhanced[i] >= 0 && reply->enhanced[i] <= 999);
    assert(reply->stage < SMTP_STAGE_COUNT && reply->cls < REPLY_CLASS_COUNT);
    check_text(reply->text, FACTS_TEXT_MAX);
}

static void check_dns(const struct dns_facts *dns)
{
    assert(dns->mx_status < DNS_STATUS_COUNT && dns->mx_count <= FACTS_MX_MAX);
    assert(dns->spf <= PRESENCE_YES && dns->dmarc <= PRESENCE_YES);
    assert(dns->a_record <= PRESENCE_YES && dns->dkim <= PRESENCE_YES);
    assert(dns->dkim_selectors >> DKIM_SELECTOR_COUNT == 0 && dns->ms >= 0);
    assert(dns->block_listed <= PRESENCE_YES && dns->block_lists >> BLOCK_LISTS_MAX == 0);
    assert(dns->block_lists_mute >> BLOCK_LISTS_MAX == 0);
    for (size_t i = 0; i < dns->mx_count; i++) {
        assert(dns->mx[i].name != NULL);
        check_text(dns->mx[i].name, 253);
    }
}

static void check_smtp(const struct smtp_facts *smtp)
{
    assert(smtp->connect < CONNECT_OUTCOME_COUNT && smtp->end < SESSION_END_COUNT);
    assert(smtp->policy < SERVER_POLICY_COUNT && smtp->port >= 0 && smtp->port <= UINT16_MAX);
    assert(smtp->connections >= 0 && smtp->waits >= 0 && smtp->connect_ms >= 0 && smtp->ms >= 0);
    check_text(smtp->host, 253);
    check_text(smtp->peer, 45);
    check_reply(&smtp->refusal);
    check_reply(&smtp->rcpt);
    check_reply(&smtp->random);
}

static void check(const struct facts *facts)
{
    double confidence = facts->lists.disposable_confidence;
    assert(confidence >= 0 && confidence <= 1 && !signbit(confidence));
    assert(facts->retry_after_s >= 0 && facts->at_us >= 0 && facts->ms >= 0);
    assert(*facts->input == '\0' && *facts->address.text == '\0');
    check_text(facts->lists.provider, 64);
    check_dns(&facts->dns);
    check_smtp(&facts->smtp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf first = {0}, second = {0};
    struct facts *facts = facts_decode(data, size);
    if (facts == NULL)
        return 0;
    check(facts);
    facts_encode(facts, &first);
    assert(first.len <= FACTS_CODEC_MAX);
    struct facts *again = facts_decode(first.data, first.len);
    assert(again != NULL);
    facts_encode(again, &second);
    assert(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    facts_free(&again);
    facts_free(&facts);
    strbuf_free(&first);
    strbuf_free(&second);
    return 0;
}
