/* Any bytes as SMTP replies.  Beyond memory safety: what is taken is CRLF-ended and within limits,
 * its text holds no CR and no NUL, and a reply read once reads the same with bytes behind it. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "smtp/smtp_ext.h"
#include "smtp/smtp_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reply(const char *data, size_t used, const struct smtp_reply *reply)
{
    assert(used >= 5 && used <= SMTP_REPLY_MAX && memcmp(data + used - 2, "\r\n", 2) == 0);
    assert(reply->code >= 200 && reply->code <= 599);
    assert(reply->line_count >= 1 && reply->line_count <= SMTP_LINES_MAX);
    assert(strlen(reply->text) == reply->text_len && strchr(reply->text, '\r') == NULL);
    assert(reply->enhanced[0] == 0 || reply->enhanced[0] == reply->code / 100);
    struct smtp_exts exts = smtp_exts_from(reply);
    assert(exts.rcpt_max >= 0 && exts.rcpt_max <= 999999);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct smtp_reply reply, again;
    const char *why, *text = (const char *)data;
    size_t at = 0, used, used_again;
    while (smtp_reply_read(arena, text + at, size - at, &reply, &used, &why) == SMTP_READ_DONE) {
        check_reply(text + at, used, &reply);
        assert(smtp_reply_read(arena, text + at, used, &again, &used_again, &why) ==
                   SMTP_READ_DONE &&
               used_again == used);
        at += used;
    }
    if (smtp_reply_from_text(arena, text, size, &reply))
        assert(reply.code >= 200 && reply.code <= 599);
    arena_free(&arena);
    return 0;
}
