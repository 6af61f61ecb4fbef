/* async_note.c - an asynchronous check as bytes, and sealed.
 *
 *     note = version:u8 profile:u8 listed:u8 verdict:u8 reason:u8 score:varint hash:32 text*5
 *     text = length:varint bytes          score: + 1; 0 none
 *
 * The bytes are sealed before they leave the process, so what is opened is what we wrote; it is
 * read as carefully as anything else. */
#include <string.h>

#include "app/async_note.h"
#include "dialect/verifymail.h"
#include "model/bytes.h"

enum { VERSION = 1, TEXT_MAX = 1 << 20, SCORE_MAX = 100, SMALL = 256, AD_LEN = 6 + STORE_ID_LEN };

static void put_text(struct strbuf *out, const struct async_text *text)
{
    bytes_put_varint(out, text->len);
    strbuf_add(out, text->text, text->len);
}

static struct async_text get_text(struct arena *arena, struct cursor *c)
{
    size_t len = (size_t)bytes_get_varint(c, TEXT_MAX);
    const char *from = (const char *)c->at;
    if (!cursor_skip(c, len))
        return (struct async_text){"", 0};
    char *text = arena_alloc(arena, len + 1);
    memcpy(text, from, len);
    text[len] = '\0';
    return (struct async_text){text, len};
}

void async_note_encode(const struct async_note *note, struct strbuf *out)
{
    bytes_put(out, VERSION, 1);
    bytes_put(out, (uint64_t)note->profile, 1);
    bytes_put(out, (uint64_t)note->listed, 1);
    bytes_put(out, (uint64_t)note->result.verdict, 1);
    bytes_put(out, (uint64_t)note->result.reason, 1);
    bytes_put_varint(out, (uint64_t)(note->result.score + 1));
    strbuf_add(out, note->result.address_hash, sizeof(note->result.address_hash));
    put_text(out, &note->request_id);
    put_text(out, &note->email);
    put_text(out, &note->url);
    put_text(out, &note->secret);
    put_text(out, &note->body);
}

bool async_note_decode(struct arena *arena, const void *data, size_t len, struct async_note *note)
{
    struct cursor c = cursor_over(data, len);
    *note = (struct async_note){.profile = 0};
    if (cursor_byte(&c) != VERSION)
        return false;
    note->profile = bytes_get_below(&c, VERIFYMAIL_PROFILE_COUNT);
    note->listed = bytes_get_below(&c, VERIFYMAIL_BLOCK_LISTED + 1);
    note->result.verdict = bytes_get_below(&c, SMALL);
    note->result.reason = bytes_get_below(&c, SMALL);
    note->result.score = (int)bytes_get_varint(&c, SCORE_MAX + 1) - 1;
    const unsigned char *hash = c.at;
    if (cursor_skip(&c, sizeof(note->result.address_hash)))
        memcpy(note->result.address_hash, hash, sizeof(note->result.address_hash));
    note->request_id = get_text(arena, &c);
    note->email = get_text(arena, &c);
    note->url = get_text(arena, &c);
    note->secret = get_text(arena, &c);
    note->body = get_text(arena, &c);
    return !c.bad && cursor_left(&c) == 0;
}

static void bound_to(const uint8_t id[STORE_ID_LEN], uint8_t ad[AD_LEN])
{
    memcpy(ad, "async ", 6);
    memcpy(ad + 6, id, STORE_ID_LEN);
}

void async_note_seal(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t id[STORE_ID_LEN],
                     const struct async_note *note, struct strbuf *out)
{
    uint8_t ad[AD_LEN];
    struct strbuf plain = {0};
    bound_to(id, ad);
    async_note_encode(note, &plain);
    char *sealed = strbuf_extend(out, plain.len + CRYPTO_SEAL_EXTRA);
    crypto_seal(key, ad, sizeof(ad), plain.data, plain.len, (uint8_t *)sealed);
    explicit_bzero(plain.data, plain.len);
    strbuf_free(&plain);
}

bool async_note_open(const uint8_t key[CRYPTO_KEY_LEN], const uint8_t id[STORE_ID_LEN],
                     struct arena *arena, const void *sealed, size_t len, struct async_note *note)
{
    uint8_t ad[AD_LEN];
    if (len < CRYPTO_SEAL_EXTRA)
        return false;
    size_t plain_len = len - CRYPTO_SEAL_EXTRA;
    char *plain = arena_alloc(arena, plain_len + 1);
    bound_to(id, ad);
    return crypto_open(key, ad, sizeof(ad), sealed, len, plain) &&
           async_note_decode(arena, plain, plain_len, note);
}
