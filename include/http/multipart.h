#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

/* multipart/form-data (RFC 7578, RFC 2046 5.1), fed piece by piece; constant memory, linear time.
 *
 * Refused: a boundary that RFC 2046 does not allow, more than MULTIPART_PARTS_MAX parts, part
 * headers over MULTIPART_HEADERS_MAX bytes (their empty line included), a part without a name,
 * parts inside parts, encoded parts, a body that ends before its closing boundary.  Lines end in
 * CRLF, as curl, PHP and browsers send them; a boundary between bare line feeds is data.  What
 * stands before the first boundary and behind the last is dropped. */
enum { MULTIPART_BOUNDARY_MAX = 70, MULTIPART_PARTS_MAX = 8, MULTIPART_HEADERS_MAX = 4096 };

/* Valid UTF-8 without control characters; lives as long as the call it is handed to. */
struct multipart_part {
    const char *name;         /* of Content-Disposition; never empty */
    const char *filename;     /* NULL: a plain field.  Never to be used as a path */
    const char *content_type; /* NULL when not given */
};
struct multipart_events {
    /* Each returns false to stop.  Pieces of data may have any length and cross no part. */
    bool (*part)(const struct multipart_part *part, void *arg);
    bool (*data)(const char *data, size_t len, void *arg);
    bool (*end)(void *arg); /* of the part */
};
struct multipart;

/* NULL: `why` (static) says what is wrong with the Content-Type. */
struct multipart *multipart_new(const char *content_type, const struct multipart_events *events,
                                void *arg, const char **why);
void multipart_free(struct multipart **multipart); /* NULL-safe, nulls */
/* false: stopped by an event, or bad; multipart_why is "" for the former. */
bool multipart_feed(struct multipart *multipart, const void *data, size_t len);
/* The body has ended.  true: the closing boundary has been seen.  May bring the last part's end,
 * when nothing stands behind that boundary; no event comes after it. */
bool multipart_finish(struct multipart *multipart);
/* What is wrong, a text for the client that repeats nothing of the input; "" when nothing is. */
const char *multipart_why(const struct multipart *multipart);

#endif
