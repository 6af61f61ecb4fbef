#ifndef FIND_PERSON_H
#define FIND_PERSON_H

#include <stddef.h>

/* A person's name as local parts are made of it: lower-case ASCII letters and digits, the words of
 * a name parted by single spaces, hyphens that join words kept ("jean-pierre", "van der berg"),
 * apostrophes and dots gone ("oneil").  "": no such name, or nothing of it is left. */
enum { PERSON_NAME_SIZE = 65 };
struct person {
    char first[PERSON_NAME_SIZE], last[PERSON_NAME_SIZE];
    /* The other way to write umlauts; "" when there are none.  Which comes first is the domain's
     * habit: "mueller" at .de, .at, .ch, .li, .lu; "muller" elsewhere. */
    char other_first[PERSON_NAME_SIZE], other_last[PERSON_NAME_SIZE];
};

/* Names as people write them, in UTF-8 of any script; titles and suffixes ("Dr.", "Jr.", "PhD") and
 * the initials of middle names are left out, unless nothing else is there.  Not on the loop thread
 * (find/fold.h). */
void person_of(const char *first, size_t first_len, const char *last, size_t last_len,
               const char *domain, struct person *out);

#endif
