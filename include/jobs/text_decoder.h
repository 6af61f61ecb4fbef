#ifndef JOBS_TEXT_DECODER_H
#define JOBS_TEXT_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* Bytes of a text file in whatever encoding, to UTF-8 (RFC 3629) without a NUL in it.  Bytes are
 * fed as they come; how they are cut makes no difference.  The first TEXT_DECODER_SAMPLE bytes are
 * kept back, because they decide.
 *
 *   a BOM                          UTF-8, UTF-16LE or UTF-16BE; it is not part of the text
 *   else NULs in every other byte  UTF-16
 *   else                           UTF-8; each byte that is no part of it is read as Windows-1252
 *
 * Never fails: a NUL, half a surrogate pair and half a code unit become U+FFFD. */
enum { TEXT_DECODER_SAMPLE = 4096 };

/* Zero-initialise ({0}); holds no memory but itself. */
struct text_decoder {
    enum { TEXT_UNDECIDED, TEXT_UTF8, TEXT_UTF16LE, TEXT_UTF16BE } how;
    bool foreign;    /* a byte that is not UTF-8 was met */
    uint16_t high;   /* a surrogate that waits for the other one; 0: none */
    size_t rest_len; /* of a sequence that has not ended */
    unsigned char rest[4];
    size_t sample_len;
    char sample[TEXT_DECODER_SAMPLE];
};

/* Appends to `out` at most 3 bytes for each one fed so far and not yet answered for. */
void text_decoder_feed(struct text_decoder *decoder, const char *data, size_t len,
                       struct strbuf *out);
void text_decoder_finish(struct text_decoder *decoder, struct strbuf *out);

/* "UTF-8", "UTF-16LE", "UTF-16BE", "Windows-1252": by what was seen so far. */
const char *text_decoder_encoding(const struct text_decoder *decoder);

#endif
