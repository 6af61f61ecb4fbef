/* Any text behind any code at any stage.  Beyond memory safety, what the header promises: a reason
 * is always given, nothing before RCPT is about the mailbox, no 4xx says that a mailbox does not
 * exist, and a refusal reads the same as itself. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "smtp/smtp_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned bit(enum reply_class cls)
{
    return 1u << cls;
}

static void check(const struct smtp_policy_context *context, const struct smtp_reply *reply)
{
    unsigned mailbox = bit(REPLY_NO_SUCH_MAILBOX) | bit(REPLY_MAILBOX_DISABLED) |
                       bit(REPLY_MAILBOX_MOVED) | bit(REPLY_MAILBOX_FULL);
    struct smtp_policy_result result = smtp_policy_classify(context, reply);
    assert(result.cls > REPLY_NONE && result.cls < REPLY_CLASS_COUNT && result.reason != NULL);
    if (context->stage != SMTP_STAGE_RCPT)
        assert((bit(result.cls) & (mailbox | bit(REPLY_DOMAIN_NOT_HERE))) == 0);
    if (reply->code < 500)
        assert((bit(result.cls) & mailbox & ~bit(REPLY_MAILBOX_FULL)) == 0);
    assert((result.cls == REPLY_ACCEPTED) <= (reply->code >= 200 && reply->code < 300));
}

/* Two bytes choose stage, code and context; the rest is the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct arena *arena = arena_new();
    struct smtp_reply reply = {
        .code = 200 + (data[0] | (data[1] & 1) << 8) % 400,
        .text = arena_strndup(arena, (const char *)data + 2, size - 2),
        .line_count = 1,
    };
    reply.text_len = strlen(reply.text);
    struct smtp_policy_context context = {
        .stage = (enum smtp_stage)((data[1] >> 1) % SMTP_STAGE_COUNT),
        .mx_host = (data[1] & 0x40) != 0 ? "x-org.mail.protection.outlook.com" : NULL,
        .tenant_accepted_other = (data[1] & 0x80) != 0,
    };
    check(&context, &reply);
    context.stage = SMTP_STAGE_RCPT;
    check(&context, &reply);
    smtp_policy_wants_tls(&reply);
    assert(smtp_policy_same_refusal(&reply, "a.b@x.org", &reply, "a.b@x.org"));
    arena_free(&arena);
    return 0;
}
