#ifndef FIND_FOLD_H
#define FIND_FOLD_H

#include <stddef.h>

/* Text of any script as plain lower-case ASCII: "Łukasz" is "lukasz", "Иванов" "ivanov".
 *
 * UTF-8 in; what is no UTF-8 is left out.  Out come letters, digits, and everything else of ASCII
 * that was there (spaces, hyphens, apostrophes in their ASCII form); what has no counterpart is
 * left out.  The first call of a process takes a tenth of a second and more, so never on the loop
 * thread; any number of threads at once.  Source: ICU's transliterators, behind this file. */
enum fold_style {
    FOLD_PLAIN,  /* umlauts lose their dots: "müller" is "muller" */
    FOLD_GERMAN, /* or are written out: "mueller" */
};

/* NUL-terminated; cut at size - 1 bytes; of a text only the first 16 kB are read.  Its length. */
size_t fold_ascii(const char *text, size_t len, enum fold_style style, char *out, size_t size);

/* The same of a text beside another that is in the same language, such as a person's other name:
 * "Володимир" alone may be Russian, beside "Зеленський" it is not. */
struct fold_text {
    const char *data;
    size_t len;
};
size_t fold_beside(struct fold_text text, struct fold_text beside, enum fold_style style, char *out,
                   size_t size);

#endif
