#ifndef MODEL_ADDRESS_H
#define MODEL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Limits of RFC 5321 4.5.3.1 (octets): local part 64, domain 255, path 256 with its brackets. */
enum { ADDRESS_LOCAL_MAX = 64, ADDRESS_DOMAIN_MAX = 255, ADDRESS_MAX = 254 };

enum address_error {
    ADDRESS_OK,
    ADDRESS_EMPTY,           /* "empty" */
    ADDRESS_TOO_LONG,        /* "too-long" */
    ADDRESS_NO_AT,           /* "no-at" */
    ADDRESS_BAD_UTF8,        /* "bad-utf8" */
    ADDRESS_CONTROL,         /* "control-character": CR, LF, NUL, ... anywhere */
    ADDRESS_LOCAL_EMPTY,     /* "local-empty" */
    ADDRESS_LOCAL_TOO_LONG,  /* "local-too-long" */
    ADDRESS_LOCAL_BAD,       /* "local-bad": not a dot-string */
    ADDRESS_QUOTED_BAD,      /* "quoted-bad": not a quoted-string */
    ADDRESS_DOMAIN_EMPTY,    /* "domain-empty" */
    ADDRESS_DOMAIN_TOO_LONG, /* "domain-too-long" */
    ADDRESS_DOMAIN_BAD,      /* "domain-bad": label rules, IDNA */
    ADDRESS_DOMAIN_NOT_FQDN, /* "domain-not-fqdn" */
    ADDRESS_LITERAL,         /* "address-literal": recognised, refused as not verifiable */
    ADDRESS_LITERAL_BAD,     /* "address-literal-bad" */
    ADDRESS_ERROR_COUNT
};

const char *address_error_name(enum address_error error);

/* A parsed address.  Plain value, no pointers; valid only when error is ADDRESS_OK. */
struct address {
    enum address_error error;
    bool quoted;                             /* the local part needs quotes */
    bool utf8;                               /* the local part needs SMTPUTF8 */
    char local[2 * ADDRESS_LOCAL_MAX + 3];   /* wire form: dot-string, or re-serialised quoted */
    char local_plain[ADDRESS_LOCAL_MAX + 1]; /* without quotes and escapes, for lists */
    char domain[ADDRESS_DOMAIN_MAX + 1];     /* A-labels, lower case, no trailing dot */
    char text[2 * ADDRESS_LOCAL_MAX + ADDRESS_DOMAIN_MAX + 5]; /* local@domain, normalised */
};

#endif
