#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stddef.h>
#include <stdint.h>

/* A growing byte string, always NUL-terminated behind len.  Zero-initialise ({0}); data may be NULL
 * until the first byte (strbuf_text never returns NULL). */
struct strbuf {
    char *data;
    size_t len, cap;
};

void strbuf_add(struct strbuf *b, const void *data, size_t len);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_adds(struct strbuf *b, const char *s);
char *strbuf_extend(struct strbuf *b, size_t len); /* by so many bytes, for the caller to write */
void strbuf_add_int(struct strbuf *b, int64_t value); /* decimal */
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_cut(struct strbuf *b, size_t len); /* to so many bytes, no more than there are */
void strbuf_clear(struct strbuf *b);           /* keeps the memory */
void strbuf_free(struct strbuf *b);            /* and zero-initialises it again */
const char *strbuf_text(const struct strbuf *b);

#endif
