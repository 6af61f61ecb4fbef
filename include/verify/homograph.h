#ifndef VERIFY_HOMOGRAPH_H
#define VERIFY_HOMOGRAPH_H

/* What a domain's non-ASCII letters are about; the rules stand above homograph.c. */
enum idn_look {
    IDN_NOT,        /* ASCII only */
    IDN_HONEST,     /* other letters, read as what they are: xn--mller-kva.de */
    IDN_LOOK_ALIKE, /* a homograph: letters that pass for Latin ones */
};

/* `domain` in A-labels, as address_parse leaves it; one that does not decode is IDN_HONEST.
 * Thread-safe. */
enum idn_look idn_look_of(const char *domain);

#endif
