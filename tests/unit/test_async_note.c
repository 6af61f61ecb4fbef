/* test_async_note.c - asynchronous checks as bytes: there and back, damaged, sealed. */
#include <criterion/criterion.h>
#include <string.h>

#include "app/async_note.h"
#include "base/xalloc.h"

#define TEXT(t)          \
    {                    \
        t, sizeof(t) - 1 \
    }

static const struct async_note full = {
    .profile = 2,
    .listed = 1,
    .request_id = TEXT("req_8d4b3e2f1a6c"),
    .email = TEXT("user\0name@example.com"),
    .url = TEXT("https://your-app.example/webhooks/verifymail"),
    .secret = TEXT("a\0b"),
    .body = TEXT("{\"event\":\"check.completed\"}"),
    .result = {.address_hash = {1, 2, 255}, .verdict = 3, .reason = 17, .score = 100},
};
static const struct async_note bare = {.request_id = TEXT("r"),
                                       .email = TEXT(""),
                                       .url = TEXT(""),
                                       .secret = TEXT(""),
                                       .body = TEXT(""),
                                       .result = {.score = -1}};

static bool same_text(const struct async_text *a, const struct async_text *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0 && a->text[a->len] == '\0';
}

static void expect_same(const struct async_note *a, const struct async_note *b, const char *label)
{
    cr_expect(a->profile == b->profile && a->listed == b->listed, "%s", label);
    cr_expect(same_text(&a->request_id, &b->request_id) && same_text(&a->email, &b->email) &&
                  same_text(&a->url, &b->url) && same_text(&a->secret, &b->secret) &&
                  same_text(&a->body, &b->body),
              "%s: texts", label);
    cr_expect(memcmp(a->result.address_hash, b->result.address_hash, 32) == 0 &&
                  a->result.verdict == b->result.verdict && a->result.reason == b->result.reason &&
                  a->result.score == b->result.score,
              "%s: result", label);
}

Test(async_note, there_and_back)
{
    const struct async_note *notes[] = {&full, &bare};
    for (size_t i = 0; i < COUNT_OF(notes); i++) {
        struct strbuf bytes = {0};
        struct async_note back;
        struct arena *arena = arena_new();
        async_note_encode(notes[i], &bytes);
        cr_assert(async_note_decode(arena, bytes.data, bytes.len, &back));
        expect_same(&back, notes[i], i == 0 ? "full" : "bare");
        arena_free(&arena);
        strbuf_free(&bytes);
    }
}

Test(async_note, damaged)
{
    struct strbuf bytes = {0};
    struct async_note back;
    struct arena *arena = arena_new();
    async_note_encode(&full, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        char *cut = x_malloc(len + 1); /* no more than that, for the sanitizer */
        char *exact = memcpy(cut + 1, bytes.data, len);
        cr_expect_not(async_note_decode(arena, exact, len, &back), "cut at %zu", len);
        free(cut);
    }
    strbuf_addc(&bytes, '\0');
    cr_expect_not(async_note_decode(arena, bytes.data, bytes.len, &back), "a byte more");
    bytes.data[0] = 2;
    cr_expect_not(async_note_decode(arena, bytes.data, bytes.len - 1, &back), "version");
    bytes.data[0] = 1;
    bytes.data[1] = 3;
    cr_expect_not(async_note_decode(arena, bytes.data, bytes.len - 1, &back), "profile");
    arena_free(&arena);
    strbuf_free(&bytes);
}

Test(async_note, sealed)
{
    static const uint8_t key[CRYPTO_KEY_LEN] = {7}, other_key[CRYPTO_KEY_LEN] = {8};
    static const uint8_t id[STORE_ID_LEN] = {1}, other_id[STORE_ID_LEN] = {2};
    struct strbuf sealed = {0};
    struct async_note back;
    struct arena *arena = arena_new();
    async_note_seal(key, id, &full, &sealed);
    cr_expect_null(memmem(sealed.data, sealed.len, "example", 7), "nothing is legible");
    cr_assert(async_note_open(key, id, arena, sealed.data, sealed.len, &back));
    expect_same(&back, &full, "opened");
    cr_expect_not(async_note_open(other_key, id, arena, sealed.data, sealed.len, &back), "key");
    cr_expect_not(async_note_open(key, other_id, arena, sealed.data, sealed.len, &back), "row");
    cr_expect_not(async_note_open(key, id, arena, sealed.data, sealed.len - 1, &back), "cut");
    cr_expect_not(async_note_open(key, id, arena, sealed.data, 3, &back), "shorter than a tag");
    arena_free(&arena);
    strbuf_free(&sealed);
}
