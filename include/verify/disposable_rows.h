#ifndef VERIFY_DISPOSABLE_ROWS_H
#define VERIFY_DISPOSABLE_ROWS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The operator's own say about disposable domains.  A text file, a row a line (list_file.h): a
 * domain, of addresses or of mail hosts, and how sure it is that its mail is thrown away, from 0.00
 * to 1.00 in hundredths:
 *
 *     # a new one, seen in sign-ups
 *     drop-box-mail.example  0.80
 *     # ours now, whatever the shipped list says
 *     once-thrown-away.example  0.00
 *
 * Read once; immutable, so any thread may ask. */
struct disposable_rows;

enum {
    DISPOSABLE_LEAST = 70, /* hundredths; with less a row says that the domain is not disposable */
    DISPOSABLE_ROWS_MAX = 1000 * 1000,
};

struct disposable_row {
    const char *domain; /* lower-case A-labels */
    uint32_t line;
    uint8_t hundredths; /* 0-100 */
};

/* NULL: the file cannot be read, a line is no row, two rows of a domain disagree, or there are too
 * many; `why` names path and line. */
struct disposable_rows *disposable_rows_read(const char *path, char *why, size_t why_size);
/* The same of an open file; `why` names no path. */
struct disposable_rows *disposable_rows_parse(FILE *file, char *why, size_t why_size);
void disposable_rows_free(struct disposable_rows **rows); /* NULL-safe */

/* The row of exactly this name, or NULL. */
const struct disposable_row *disposable_rows_find(const struct disposable_rows *rows,
                                                  const char *domain);
/* 0.70 to 1.0; 0.0: it says that the domain is not disposable. */
double disposable_row_confidence(const struct disposable_row *row);
size_t disposable_rows_count(const struct disposable_rows *rows);

#endif
