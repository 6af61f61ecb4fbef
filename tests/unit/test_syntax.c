/* test_syntax.c - the address parser: what passes, in which normal form, and which rule is named
 * when something does not.  Rows are written as C strings; a length is given where a NUL is in. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "verify/syntax.h"

/* Building blocks for lengths. */
#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X60 X50 X10
#define L63 X60 "xxx"
#define S16 "\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80"

struct good_row {
    const char *input, *local, *domain;
};

static const struct good_row good_rows[] = {
    /* dot-strings */
    {"a@b.cd", "a", "b.cd"},
    {"john.smith@example.com", "john.smith", "example.com"},
    {"John.Smith@EXAMPLE.Com", "John.Smith", "example.com"},
    {"a.b.c.d.e@example.com", "a.b.c.d.e", "example.com"},
    {"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~", "example.com"},
    {"user+tag@example.com", "user+tag", "example.com"},
    {"-a-@example.com", "-a-", "example.com"},
    {"123@example.com", "123", "example.com"},
    {X60 "xxxx@example.com", X60 "xxxx", "example.com"},
    /* quoted strings, written again */
    {"\"john\"@example.com", "john", "example.com"},
    {"\"john.smith\"@example.com", "john.smith", "example.com"},
    {"\"j\\o\\hn\"@example.com", "john", "example.com"},
    {"\"john smith\"@example.com", "\"john smith\"", "example.com"},
    {"\"john..smith\"@example.com", "\"john..smith\"", "example.com"},
    {"\".john\"@example.com", "\".john\"", "example.com"},
    {"\"john.\"@example.com", "\"john.\"", "example.com"},
    {"\"a@b\"@example.com", "\"a@b\"", "example.com"},
    {"\"a\\@b\"@example.com", "\"a@b\"", "example.com"},
    {"\"\"@example.com", "\"\"", "example.com"},
    {"\" \"@example.com", "\" \"", "example.com"},
    {"\"\\ \"@example.com", "\" \"", "example.com"},
    {"\"\\\"\"@example.com", "\"\\\"\"", "example.com"},
    {"\"\\\\\"@example.com", "\"\\\\\"", "example.com"},
    {"\"(),:;<>[]\"@example.com", "\"(),:;<>[]\"", "example.com"},
    {"\"" X60 " x\"@example.com", "\"" X60 " x\"", "example.com"},
    /* UTF-8 local parts (RFC 6531) */
    {"j\xC3\xBCrgen@example.com", "j\xC3\xBCrgen", "example.com"},
    {"\xE7\x94\xA8\xE6\x88\xB7@example.com", "\xE7\x94\xA8\xE6\x88\xB7", "example.com"},
    {"\"\xC3\xA4\"@example.com", "\xC3\xA4", "example.com"},
    {"\"\xC3\xA4 \xC3\xB6\"@example.com", "\"\xC3\xA4 \xC3\xB6\"", "example.com"},
    {S16 S16 S16 S16 "@example.com", S16 S16 S16 S16, "example.com"},
    {"\xF0\x9F\x98\x80@example.com", "\xF0\x9F\x98\x80", "example.com"},
    /* domains */
    {"a@x.de", "a", "x.de"},
    {"a@1.2.3.de", "a", "1.2.3.de"},
    {"a@3com.com", "a", "3com.com"},
    {"a@a-b.c-d.ef", "a", "a-b.c-d.ef"},
    {"a@a--b.de", "a", "a--b.de"},
    {"a@r3---sn.example", "a", "r3---sn.example"},
    {"a@example.1a", "a", "example.1a"},
    {"a@" L63 ".com", "a", L63 ".com"},
    {"a@b.c.d.e.f.g.h.i.j.k.l.m.n.o.p", "a", "b.c.d.e.f.g.h.i.j.k.l.m.n.o.p"},
    {"a@" L63 "." L63 "." L63 "." X50 "xxxxx.yzab", NULL, NULL}, /* just 254 octets */
    /* IDNA2008, non-transitional */
    {"a@b\xC3\xBC"
     "cher.de",
     "a", "xn--bcher-kva.de"},
    {"a@B\xC3\x9C"
     "CHER.DE",
     "a", "xn--bcher-kva.de"},
    {"a@bu\xCC\x88"
     "cher.de",
     "a", "xn--bcher-kva.de"},
    {"a@fa\xC3\x9F.de", "a", "xn--fa-hia.de"},
    {"a@xn--fa-hia.de", "a", "xn--fa-hia.de"},
    {"a@XN--FA-HIA.DE", "a", "xn--fa-hia.de"},
    {"a@www.xn--bcher-kva.de", "a", "www.xn--bcher-kva.de"},
    {"a@\xE4\xBE\x8B\xE3\x81\x88\xE3\x80\x82jp", "a", "xn--r8jz45g.jp"},
    {"a@\xEF\xBD\x81\xEF\xBC\x8E\xEF\xBD\x84\xEF\xBD\x85", "a", "a.de"},
    {"a@\xE4\xBE\x8B\xE5\xAD\x90.\xE5\xB9\xBF\xE5\x91\x8A", "a", "xn--fsqu00a.xn--4rr70v"},
    {"a@\xD7\x90\xD7\x91.com", "a", "xn--4dbc.com"},
    {"a@\xE0\xA4\x95\xE0\xA5\x8D\xE2\x80\x8D\xE0\xA4\xB7.com", "a", "xn--11b2ezcw70k.com"},
};

Test(syntax, accepted_and_normalised)
{
    for (size_t i = 0; i < COUNT_OF(good_rows); i++) {
        const struct good_row *row = &good_rows[i];
        struct address a;
        enum address_error error = address_parse(row->input, strlen(row->input), &a);
        cr_expect_eq(error, ADDRESS_OK, "%s: %s", row->input, address_error_name(error));
        if (row->local == NULL) {
            cr_expect_eq(strlen(a.text), ADDRESS_MAX, "%s: %zu octets", row->input, strlen(a.text));
            continue;
        }
        cr_expect_str_eq(a.local, row->local, "%s: local", row->input);
        cr_expect_str_eq(a.domain, row->domain, "%s: domain", row->input);
        char text[sizeof(a.text)];
        snprintf(text, sizeof(text), "%s@%s", row->local, row->domain);
        cr_expect_str_eq(a.text, text, "%s: text", row->input);
        cr_expect_eq(a.quoted, row->local[0] == '"', "%s: quoted", row->input);
    }
}

struct bad_row {
    const char *input;
    size_t len; /* 0: strlen */
    enum address_error error;
};

static const struct bad_row bad_rows[] = {
    {"", 0, ADDRESS_EMPTY},
    {"a", 0, ADDRESS_NO_AT},
    {" ", 0, ADDRESS_NO_AT},
    {"example.com", 0, ADDRESS_NO_AT},
    {"\"a@b", 0, ADDRESS_QUOTED_BAD},
    {"a\xEF\xBC\xA0"
     "b.de",
     0, ADDRESS_NO_AT}, /* a full-width at is none */
    {"@", 0, ADDRESS_LOCAL_EMPTY},
    {"@example.com", 0, ADDRESS_LOCAL_EMPTY},
    {"@a@example.com", 0, ADDRESS_LOCAL_EMPTY},
    /* dot-strings */
    {".a@example.com", 0, ADDRESS_LOCAL_BAD},
    {"a.@example.com", 0, ADDRESS_LOCAL_BAD},
    {"a..b@example.com", 0, ADDRESS_LOCAL_BAD},
    {".@example.com", 0, ADDRESS_LOCAL_BAD},
    {"a b@example.com", 0, ADDRESS_LOCAL_BAD},
    {" a@example.com", 0, ADDRESS_LOCAL_BAD},
    {"a @example.com", 0, ADDRESS_LOCAL_BAD},
    {"a,b@example.com", 0, ADDRESS_LOCAL_BAD},
    {"a\"b\"@example.com", 0, ADDRESS_LOCAL_BAD},
    {"a\\@b@example.com", 0, ADDRESS_LOCAL_BAD},
    {"(comment)a@example.com", 0, ADDRESS_LOCAL_BAD},
    {"a(comment)@example.com", 0, ADDRESS_LOCAL_BAD},
    {"<a@example.com>", 0, ADDRESS_LOCAL_BAD},
    {"A <a@example.com>", 0, ADDRESS_LOCAL_BAD},
    {"mailto:a@example.com", 0, ADDRESS_LOCAL_BAD},
    {X60 "xxxxx@example.com", 0, ADDRESS_LOCAL_TOO_LONG},
    {S16 S16 S16 S16 "x@example.com", 0, ADDRESS_LOCAL_TOO_LONG},
    /* quoted strings */
    {"\"@example.com", 0, ADDRESS_QUOTED_BAD},
    {"\"a@example.com", 0, ADDRESS_QUOTED_BAD},
    {"\"a\\\"@example.com", 0, ADDRESS_QUOTED_BAD},
    {"\"a\"b@example.com", 0, ADDRESS_QUOTED_BAD},
    {"\"a\".b@example.com", 0, ADDRESS_QUOTED_BAD},
    {"\"a\" @example.com", 0, ADDRESS_QUOTED_BAD},
    {"\"a\"\"b\"@example.com", 0, ADDRESS_QUOTED_BAD},
    {"\"a\"b\"@example.com", 0, ADDRESS_QUOTED_BAD},
    {"\"\\\xC3\xA4\"@example.com", 0, ADDRESS_QUOTED_BAD},
    {"\"" X60 " xx\"@example.com", 0, ADDRESS_LOCAL_TOO_LONG},
    {"\"" X60 "\\x\\x\"@example.com", 0, ADDRESS_LOCAL_TOO_LONG},
    {"\"" X60 X60 X60 "\"@example.com", 0, ADDRESS_LOCAL_TOO_LONG},
    /* controls win over everything */
    {"a\r\n@example.com", 0, ADDRESS_CONTROL},
    {"a@example.com\n", 0, ADDRESS_CONTROL},
    {"a@example.com\r\nRCPT TO:<b@example.com>", 0, ADDRESS_CONTROL},
    {"\"a\r\n b\"@example.com", 0, ADDRESS_CONTROL},
    {"\"a\\\n\"@example.com", 0, ADDRESS_CONTROL},
    {"\"a\tb\"@example.com", 0, ADDRESS_CONTROL},
    {"a@example.com\0", 14, ADDRESS_CONTROL},
    {"a\0@example.com", 14, ADDRESS_CONTROL},
    {"\0", 1, ADDRESS_CONTROL},
    {"a\x7F@example.com", 0, ADDRESS_CONTROL},
    {"a\xC2\x85@example.com", 0, ADDRESS_CONTROL},
    {"a\xE2\x80\xA8@example.com", 0, ADDRESS_CONTROL},
    {"\xFF\n", 0, ADDRESS_CONTROL},
    {"\xFF\xC2\x85", 0, ADDRESS_CONTROL},
    /* UTF-8 that is none */
    {"a\xFF@example.com", 0, ADDRESS_BAD_UTF8},
    {"a\xC3@example.com", 0, ADDRESS_BAD_UTF8},
    {"a\xC0\x80@example.com", 0, ADDRESS_BAD_UTF8},
    {"a\xED\xA0\x80@example.com", 0, ADDRESS_BAD_UTF8},
    {"a\xF4\x90\x80\x80@example.com", 0, ADDRESS_BAD_UTF8},
    {"a@b\xFC"
     "cher.de",
     0, ADDRESS_BAD_UTF8},
    {"a@example.com\xC3", 0, ADDRESS_BAD_UTF8},
    /* domains */
    {"a@", 0, ADDRESS_DOMAIN_EMPTY},
    {"\"a\"@", 0, ADDRESS_DOMAIN_EMPTY},
    {"a@com", 0, ADDRESS_DOMAIN_NOT_FQDN},
    {"a@localhost", 0, ADDRESS_DOMAIN_NOT_FQDN},
    {"a@1.2.3.4", 0, ADDRESS_DOMAIN_NOT_FQDN},
    {"a@example.123", 0, ADDRESS_DOMAIN_NOT_FQDN},
    {"a@\xEF\xBC\x91.\xEF\xBC\x92", 0, ADDRESS_DOMAIN_NOT_FQDN},
    {"a@example.com.", 0, ADDRESS_DOMAIN_BAD},
    {"a@example.com\xE3\x80\x82", 0, ADDRESS_DOMAIN_BAD},
    {"a@.", 0, ADDRESS_DOMAIN_BAD},
    {"a@.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@example..com", 0, ADDRESS_DOMAIN_BAD},
    {"a@-a.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@a-.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@a.-", 0, ADDRESS_DOMAIN_BAD},
    {"a@a_b.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@_dmarc.example.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@b@example.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@@example.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@ example.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@example.com ", 0, ADDRESS_DOMAIN_BAD},
    {"a@exa mple.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@example.com(comment)", 0, ADDRESS_DOMAIN_BAD},
    {"a@(comment)example.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@example.com>", 0, ADDRESS_DOMAIN_BAD},
    {"a@example.com, b@example.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@\"example\".com", 0, ADDRESS_DOMAIN_BAD},
    {"a@exam%70le.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@" L63 "x.com", 0, ADDRESS_DOMAIN_BAD},
    {"a@" L63 "." L63 "." L63 "." X50 "xxxxx.yzabc", 0, ADDRESS_TOO_LONG},
    {"a@" L63 "." L63 "." L63 "." X60 "xx", 0, ADDRESS_DOMAIN_TOO_LONG},
    {"a@" L63 "." L63 "." L63 "." L63 ".com", 0, ADDRESS_DOMAIN_TOO_LONG},
    {X60 "@" L63 "." L63 "." L63 ".com", 0, ADDRESS_TOO_LONG},
    /* IDNA */
    {"a@xn--.de", 0, ADDRESS_DOMAIN_BAD},
    {"a@xn--a.de", 0, ADDRESS_DOMAIN_BAD},
    {"a@xn--abc-.de", 0, ADDRESS_DOMAIN_BAD},
    {"a@x.xn--a", 0, ADDRESS_DOMAIN_BAD},
    {"a@xn--i-7iq.ws", 0, ADDRESS_DOMAIN_BAD},     /* an A-label of a symbol */
    {"a@i\xE2\x9D\xA4.ws", 0, ADDRESS_DOMAIN_BAD}, /* the symbol itself */
    {"a@\xE2\x84\x80.com", 0, ADDRESS_DOMAIN_BAD}, /* maps to "a/c" */
    {"a@\xC3\xBC_b.de", 0, ADDRESS_DOMAIN_BAD},
    {"a@\xC3\xBC-.de", 0, ADDRESS_DOMAIN_BAD},
    {"a@b\xC3\xBC"
     "cher.de.",
     0, ADDRESS_DOMAIN_BAD},
    {"a@\xCC\x88"
     "a.de",
     0, ADDRESS_DOMAIN_BAD}, /* leading combining mark */
    {"a@\xD7\x90"
     "a.com",
     0, ADDRESS_DOMAIN_BAD}, /* mixed direction */
    {"a@a\xE2\x80\x8D"
     "b.com",
     0, ADDRESS_DOMAIN_BAD},                         /* joiner without context */
    {"a@" X60 "\xC3\xBC.de", 0, ADDRESS_DOMAIN_BAD}, /* A-label over 63 */
    /* literals */
    {"a@[192.0.2.1]", 0, ADDRESS_LITERAL},
    {"a@[0.0.0.0]", 0, ADDRESS_LITERAL},
    {"a@[255.255.255.255]", 0, ADDRESS_LITERAL},
    {"a@[001.002.003.004]", 0, ADDRESS_LITERAL},
    {"a@[IPv6:::]", 0, ADDRESS_LITERAL},
    {"a@[IPv6:::1]", 0, ADDRESS_LITERAL},
    {"a@[ipv6:2001:db8::1]", 0, ADDRESS_LITERAL},
    {"a@[IPv6:1:2:3:4:5:6:7:8]", 0, ADDRESS_LITERAL},
    {"a@[IPv6:::ffff:192.0.2.1]", 0, ADDRESS_LITERAL},
    {"\"a b\"@[192.0.2.1]", 0, ADDRESS_LITERAL},
    {"a@[", 0, ADDRESS_LITERAL_BAD},
    {"a@[]", 0, ADDRESS_LITERAL_BAD},
    {"a@[192.0.2.1", 0, ADDRESS_LITERAL_BAD},
    {"a@[192.0.2.1].com", 0, ADDRESS_LITERAL_BAD},
    {"a@[192.0.2]", 0, ADDRESS_LITERAL_BAD},
    {"a@[192.0.2.1.5]", 0, ADDRESS_LITERAL_BAD},
    {"a@[192.0.2.256]", 0, ADDRESS_LITERAL_BAD},
    {"a@[192.0.2.0001]", 0, ADDRESS_LITERAL_BAD},
    {"a@[192.0.2.]", 0, ADDRESS_LITERAL_BAD},
    {"a@[ 192.0.2.1]", 0, ADDRESS_LITERAL_BAD},
    {"a@[-1.0.2.1]", 0, ADDRESS_LITERAL_BAD},
    {"a@[2001:db8::1]", 0, ADDRESS_LITERAL_BAD},
    {"a@[IPv6:]", 0, ADDRESS_LITERAL_BAD},
    {"a@[IPv6:1::2::3]", 0, ADDRESS_LITERAL_BAD},
    {"a@[IPv6:12345::1]", 0, ADDRESS_LITERAL_BAD},
    {"a@[IPv6:1:2:3:4:5:6:7:8:9]", 0, ADDRESS_LITERAL_BAD},
    {"a@[IPv6:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", 0, ADDRESS_LITERAL_BAD},
    {"a@[x400:c=us]", 0, ADDRESS_LITERAL_BAD},
    {"a@[example.com]", 0, ADDRESS_LITERAL_BAD},
    {"a..b@[192.0.2.1]", 0, ADDRESS_LOCAL_BAD},
};

Test(syntax, refused_with_the_right_reason)
{
    for (size_t i = 0; i < COUNT_OF(bad_rows); i++) {
        const struct bad_row *row = &bad_rows[i];
        size_t len = row->len > 0 ? row->len : strlen(row->input);
        struct address a;
        enum address_error error = address_parse(row->input, len, &a);
        cr_expect_eq(error, row->error, "%s (row %zu): %s, not %s", row->input, i,
                     address_error_name(error), address_error_name(row->error));
        cr_expect_eq(a.error, error);
        cr_expect_str_empty(a.text, "%s: text left behind", row->input);
        cr_expect_str_empty(a.local_plain, "%s: local part left behind", row->input);
    }
}

struct plain_row {
    const char *input, *plain;
    bool quoted, utf8;
};

static const struct plain_row plain_rows[] = {
    {"info@example.com", "info", false, false},
    {"\"info\"@example.com", "info", false, false},
    {"\"in\\fo desk\"@example.com", "info desk", true, false},
    {"\"a\\\"b\"@example.com", "a\"b", true, false},
    {"\"\"@example.com", "", true, false},
    {"\xC3\xA4@example.com", "\xC3\xA4", false, true},
    {"\"\xC3\xA4 b\"@example.com", "\xC3\xA4 b", true, true},
    {"a@b\xC3\xBC"
     "cher.de",
     "a", false, false},
};

Test(syntax, plain_form_and_flags)
{
    for (size_t i = 0; i < COUNT_OF(plain_rows); i++) {
        const struct plain_row *row = &plain_rows[i];
        struct address a;
        address_parse(row->input, strlen(row->input), &a);
        cr_expect_str_eq(a.local_plain, row->plain, "%s", row->input);
        cr_expect_eq(a.quoted, row->quoted, "%s: quoted", row->input);
        cr_expect_eq(a.utf8, row->utf8, "%s: utf8", row->input);
    }
}

/* What "ab@cd.ef" becomes with byte c at position i, by the rules and without the parser. */
static enum address_error expected_at(size_t i, unsigned char c)
{
    bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c < 0x20 || c == 0x7F)
        return ADDRESS_CONTROL;
    if (c >= 0x80)
        return ADDRESS_BAD_UTF8;
    if (i == 2)
        return c == '@' ? ADDRESS_OK : ADDRESS_NO_AT;
    if (i < 2) {
        if (c == '@')
            return i == 0 ? ADDRESS_LOCAL_EMPTY : ADDRESS_DOMAIN_BAD;
        if (c == '"' && i == 0)
            return ADDRESS_QUOTED_BAD;
        return alnum || strchr("!#$%&'*+-/=?^_`{|}~", c) ? ADDRESS_OK : ADDRESS_LOCAL_BAD;
    }
    if (i == 3 && c == '[')
        return ADDRESS_LITERAL_BAD;
    if (i == 5 && c != '.')
        return alnum || c == '-' ? ADDRESS_DOMAIN_NOT_FQDN : ADDRESS_DOMAIN_BAD;
    return alnum || i == 5 ? ADDRESS_OK : ADDRESS_DOMAIN_BAD;
}

Test(syntax, every_byte_at_every_position)
{
    for (size_t i = 0; i < 8; i++)
        for (int c = 0; c < 256; c++) {
            char text[] = "ab@cd.ef";
            struct address a;
            text[i] = (char)c;
            enum address_error error = address_parse(text, 8, &a);
            cr_expect_eq(error, expected_at(i, (unsigned char)c), "byte %02X at %zu: %s", c, i,
                         address_error_name(error));
        }
}

Test(syntax, every_byte_in_quotes)
{
    for (int c = 0; c < 256; c++)
        for (int pair = 0; pair < 2; pair++) {
            char text[32];
            struct address a;
            int len = snprintf(text, sizeof(text), pair ? "\"a\\?\"@b.cd" : "\"a?\"@b.cd");
            text[pair ? 3 : 2] = (char)c;
            enum address_error want = c < 0x20 || c == 0x7F        ? ADDRESS_CONTROL
                                      : c >= 0x80                  ? ADDRESS_BAD_UTF8
                                      : !pair && strchr("\"\\", c) ? ADDRESS_QUOTED_BAD
                                                                   : ADDRESS_OK;
            enum address_error error = address_parse(text, (size_t)len, &a);
            cr_expect_eq(error, want, "byte %02X %s: %s", c, pair ? "escaped" : "bare",
                         address_error_name(error));
        }
}

/* The normal form is a fixed point: it parses to itself. */
Test(syntax, normal_form_is_stable)
{
    for (size_t i = 0; i < COUNT_OF(good_rows); i++) {
        struct address first, again;
        address_parse(good_rows[i].input, strlen(good_rows[i].input), &first);
        address_parse(first.text, strlen(first.text), &again);
        cr_expect_eq(again.error, ADDRESS_OK, "%s", first.text);
        cr_expect_str_eq(again.text, first.text, "%s", good_rows[i].input);
        cr_expect_str_eq(again.local_plain, first.local_plain, "%s", good_rows[i].input);
    }
}

Test(syntax, long_rubbish_is_refused_quickly)
{
    size_t len = 4u << 20;
    char *text = x_malloc(len);
    struct address a;
    memset(text, '@', len);
    cr_expect_eq(address_parse(text, len, &a), ADDRESS_LOCAL_EMPTY);
    memset(text, 'a', len);
    text[len - 2] = '@';
    cr_expect_eq(address_parse(text, len, &a), ADDRESS_LOCAL_TOO_LONG);
    text[1] = '@', text[len - 2] = 'a';
    cr_expect_eq(address_parse(text, len, &a), ADDRESS_DOMAIN_BAD);
    text[len - 2] = '\xC3', text[len - 1] = '\xBC';
    cr_expect_eq(address_parse(text, len, &a), ADDRESS_DOMAIN_TOO_LONG);
    free(text);
}

struct name_row {
    const char *input, *ascii; /* NULL: not a name */
};

static const struct name_row name_rows[] = {
    {"Example.COM", "example.com"},
    {"mx1.b\xC3\xBC"
     "cher.de",
     "mx1.xn--bcher-kva.de"},
    {"XN--BCHER-KVA.de", "xn--bcher-kva.de"},
    {"", NULL},
    {"localhost", NULL},
    {"192.0.2.1", NULL},
    {"example.com.", NULL},
    {"exa\nmple.com", NULL},
    {"b\xFC"
     "cher.de",
     NULL},
};

Test(syntax, names_alone)
{
    for (size_t i = 0; i < COUNT_OF(name_rows); i++) {
        const struct name_row *row = &name_rows[i];
        char out[ADDRESS_DOMAIN_MAX + 1];
        bool good = domain_to_ascii(row->input, strlen(row->input), out);
        cr_expect_eq(good, row->ascii != NULL, "%s", row->input);
        if (good && row->ascii != NULL)
            cr_expect_str_eq(out, row->ascii, "%s", row->input);
    }
}

/* As an address with one letter before it would have them, but at any length. */
Test(syntax, names_that_addresses_can_have)
{
    for (size_t i = 0; i < COUNT_OF(name_rows); i++) {
        const struct name_row *row = &name_rows[i];
        char out[ADDRESS_DOMAIN_MAX + 1];
        bool good = mail_domain_to_ascii(row->input, strlen(row->input), out);
        cr_expect_eq(good, row->ascii != NULL, "%s", row->input);
    }
    for (size_t len = 240; len <= 260; len++) {
        char name[261] = "", mailbox[sizeof(name) + 2], out[ADDRESS_DOMAIN_MAX + 1];
        struct address a;
        for (size_t k = 0; k < len; k++)
            name[k] = k % 50 == 49 && k + 1 < len ? '.' : 'a';
        int mailbox_len = snprintf(mailbox, sizeof(mailbox), "x@%s", name);
        bool good = mail_domain_to_ascii(name, len, out);
        cr_expect_eq(good, len <= 252, "%zu", len);
        cr_expect_eq(good, address_parse(mailbox, (size_t)mailbox_len, &a) == ADDRESS_OK, "%zu",
                     len);
    }
}

Test(syntax, every_error_has_a_name)
{
    for (int e = 0; e < ADDRESS_ERROR_COUNT; e++)
        cr_expect_str_neq(address_error_name((enum address_error)e), "?", "error %d", e);
}
