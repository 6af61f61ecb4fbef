/* fuzz_multipart.c - a Content-Type line and any bytes as a body: nothing crashes, limits hold, and
 * how the body was cut when it came makes no difference to what is found in it. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What happened, as text; pieces of data that follow each other are one. */
struct story {
    struct strbuf text;
    bool in_part;
    int parts;
};

static void add_name(struct strbuf *text, const char *name)
{
    assert(name == NULL || utf8_valid(name, strlen(name)));
    assert(name == NULL || (strchr(name, '\r') == NULL && strchr(name, '\n') == NULL));
    strbuf_addc(text, name != NULL ? '=' : '-');
    strbuf_add(text, name != NULL ? name : "", name != NULL ? strlen(name) + 1 : 0);
}

static bool on_part(const struct multipart_part *part, void *arg)
{
    struct story *story = arg;
    assert(!story->in_part && ++story->parts <= MULTIPART_PARTS_MAX);
    assert(part->name[0] != '\0' && strlen(part->name) < MULTIPART_HEADERS_MAX);
    strbuf_adds(&story->text, "PART");
    add_name(&story->text, part->name);
    add_name(&story->text, part->filename);
    add_name(&story->text, part->content_type);
    story->in_part = true;
    return true;
}

static bool on_data(const char *data, size_t len, void *arg)
{
    struct story *story = arg;
    assert(story->in_part && len > 0);
    strbuf_add(&story->text, data, len);
    return true;
}

static bool on_end(void *arg)
{
    struct story *story = arg;
    assert(story->in_part);
    story->in_part = false;
    strbuf_adds(&story->text, "END");
    return true;
}

/* Without pieces the body comes at once; with them, cut where `seed` says. */
static void tell(struct story *story, const char *type, const uint8_t *body, size_t size,
                 bool pieces, uint32_t seed)
{
    static const struct multipart_events events = {on_part, on_data, on_end};
    const char *why = NULL;
    struct multipart *multipart = multipart_new(type, &events, story, &why);
    assert((multipart == NULL) == (why != NULL));
    bool good = multipart != NULL;
    for (size_t at = 0; good && at < size;) {
        seed = seed * 1664525 + 1013904223;
        size_t len = pieces ? 1 + (seed >> 16) % ((seed >> 8) % 4 == 0 ? 40 : 4) : size;
        len = len < size - at ? len : size - at;
        uint8_t *copy = x_malloc(len); /* reading beyond it would be seen */
        memcpy(copy, body + at, len);
        good = multipart_feed(multipart, copy, len);
        free(copy);
        at += len;
    }
    good = multipart != NULL && multipart_finish(multipart) && good;
    assert(!good || !story->in_part);
    assert(multipart == NULL || good == (multipart_why(multipart)[0] == '\0'));
    strbuf_adds(&story->text, good ? "GOOD" : "BAD ");
    strbuf_adds(&story->text, multipart != NULL ? multipart_why(multipart) : why);
    multipart_free(&multipart);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line_end = size > 0 ? memchr(data, '\n', size) : NULL;
    if (line_end == NULL)
        return 0;
    char *type = x_strndup((const char *)data, (size_t)(line_end - data));
    const uint8_t *body = line_end + 1;
    size_t body_size = size - (size_t)(body - data);
    uint32_t seed = (uint32_t)size;
    for (size_t i = 0; i < size; i++)
        seed = seed * 31 + data[i];
    struct story whole = {0};
    tell(&whole, type, body, body_size, false, seed);
    for (uint32_t round = 0; round < 3; round++) {
        struct story cut = {0};
        tell(&cut, type, body, body_size, true, seed + round);
        assert(cut.text.len == whole.text.len);
        assert(memcmp(cut.text.data, whole.text.data, cut.text.len) == 0);
        strbuf_free(&cut.text);
    }
    strbuf_free(&whole.text);
    free(type);
    return 0;
}
