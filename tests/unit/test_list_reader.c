/* test_list_reader.c - lists as people upload them; each fed whole, byte by byte and in pieces. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "jobs/list_reader.h"

#define IN(s) s, sizeof(s) - 1
#define BOM8  "\xEF\xBB\xBF"
#define NBSP  "\xC2\xA0"
#define ZWSP  "\xE2\x80\x8B"
#define BAD   "\xEF\xBF\xBD"

#define SINGLE  "UTF-8 single 1" /* encoding, delimiter, column; of a header: name {cells} */
#define COMMA   "UTF-8 comma 0"
#define HEADED2 "UTF-8 comma 2 email {name,email}"

/* rows: "address {cells}", one a line; behind them "! why" when it was an error. */
static const struct {
    const char *label, *in;
    size_t len;
    const char *about, *rows;
} lists[] = {
    /* nothing in it */
    {"empty", IN(""), SINGLE, ""},
    {"blank lines", IN("\n\r\n\r\n  \n\t\n\r"), SINGLE, ""},
    {"only a BOM", IN(BOM8), SINGLE, ""},
    {"only a header", IN("email\n"), SINGLE " email {email}", ""},
    {"only a header without its end", IN("name,email"), HEADED2, ""},
    {"only quotes", IN("\"\"\n\"\"\n"), SINGLE, ""},
    {"only no-break spaces", IN(NBSP "\n" NBSP "\n"), SINGLE, ""},

    /* a single column */
    {"one line", IN("a@b.c\n"), SINGLE, "a@b.c {a@b.c}\n"},
    {"no end", IN("a@b.c"), SINGLE, "a@b.c {a@b.c}\n"},
    {"CR LF", IN("a@b.c\r\nd@e.f\r\n"), SINGLE, "a@b.c {a@b.c}\nd@e.f {d@e.f}\n"},
    {"CR", IN("a@b.c\rd@e.f\r"), SINGLE, "a@b.c {a@b.c}\nd@e.f {d@e.f}\n"},
    {"line ends of all kinds", IN("a@b.c\rd@e.f\ng@h.i\r\nj@k.l"), SINGLE,
     "a@b.c {a@b.c}\nd@e.f {d@e.f}\ng@h.i {g@h.i}\nj@k.l {j@k.l}\n"},
    {"empty lines between", IN("\n\na@b.c\n\n   \n\t\nd@e.f\n\n"), SINGLE,
     "a@b.c {a@b.c}\nd@e.f {d@e.f}\n"},
    {"header", IN("email\na@b.c\n"), SINGLE " email {email}", "a@b.c {a@b.c}\n"},
    {"header of another name", IN("Customers 2024\na@b.c\n"),
     SINGLE " Customers 2024 {Customers 2024}", "a@b.c {a@b.c}\n"},
    {"header behind empty lines", IN("\n \nemail\na@b.c\n"), SINGLE " email {email}",
     "a@b.c {a@b.c}\n"},
    {"an address that is none", IN("a@b.c\n@@x\n"), SINGLE, "a@b.c {a@b.c}\n@@x {@@x}\n"},
    {"a row without an address", IN("a@b.c\nnone\nd@e.f\n"), SINGLE,
     "a@b.c {a@b.c}\n {none}\nd@e.f {d@e.f}\n"},
    {"the same twice", IN("a@b.c\na@b.c\n"), SINGLE, "a@b.c {a@b.c}\na@b.c {a@b.c}\n"},
    {"spaces around", IN("  a@b.c\t \nd@e.f\n"), SINGLE, "a@b.c {\"  a@b.c\t \"}\nd@e.f {d@e.f}\n"},
    {"no-break and zero-width spaces", IN(NBSP ZWSP "a@b.c" ZWSP NBSP "\n"), SINGLE,
     "a@b.c {" NBSP ZWSP "a@b.c" ZWSP NBSP "}\n"},
    {"marks of direction",
     IN("\xE2\x80\xAA"
        "a@b.c\xE2\x80\xAC\n"),
     SINGLE,
     "a@b.c {\xE2\x80\xAA"
     "a@b.c\xE2\x80\xAC}\n"},
    {"space inside", IN("a @b.c\n"), SINGLE, "a @b.c {a @b.c}\n"},
    {"mailto", IN("mailto:a@b.c\nMailTo: d@e.f\n"), SINGLE,
     "a@b.c {mailto:a@b.c}\nd@e.f {MailTo: d@e.f}\n"},
    {"only mailto", IN("a@b.c\nmailto:\n"), SINGLE, "a@b.c {a@b.c}\n {mailto:}\n"},
    {"quotes", IN("\"a@b.c\"\n\"d@e.f\"\n"), SINGLE, "a@b.c {a@b.c}\nd@e.f {d@e.f}\n"},
    {"quoted header", IN("\"Email\"\n\"a@b.c\"\n"), SINGLE " Email {Email}", "a@b.c {a@b.c}\n"},
    {"IDN", IN("j\xC3\xBC@d\xC3\xB6.de\n"), SINGLE,
     "j\xC3\xBC@d\xC3\xB6.de {j\xC3\xBC@d\xC3\xB6.de}\n"},
    {"NUL", IN("a@b.c\nd\0@e.f and so on, for a while\n"), SINGLE,
     "a@b.c {a@b.c}\nd" BAD "@e.f and so on, for a while {\"d" BAD
     "@e.f and so on, for a while\"}\n"},

    /* "Name <a@b>" */
    {"name and brackets", IN("Ann Bee <a@b.c>\nd@e.f\n"), SINGLE,
     "a@b.c {Ann Bee <a@b.c>}\nd@e.f {d@e.f}\n"},
    {"brackets only", IN("<a@b.c>\n < mailto:d@e.f > \n"), SINGLE,
     "a@b.c {<a@b.c>}\nd@e.f {\" < mailto:d@e.f > \"}\n"},
    {"name in quotes", IN("\"Ann Bee\" <a@b.c>\n\"Dan\" <d@e.f>\n"), SINGLE,
     "a@b.c {\"\"\"Ann Bee\"\" <a@b.c>\"}\nd@e.f {\"\"\"Dan\"\" <d@e.f>\"}\n"},
    {"name in quotes, with comma", IN("\"Bee, Ann\" <a@b.c>\n\"Eff, Dan\" <d@e.f>"), SINGLE,
     "a@b.c {\"\"\"Bee, Ann\"\" <a@b.c>\"}\nd@e.f {\"\"\"Eff, Dan\"\" <d@e.f>\"}\n"},
    {"name with comma, no quotes", IN("Bee, Ann <a@b.c>\nEff, Dan <d@e.f>\n"), COMMA,
     "a@b.c {Bee,\" Ann <a@b.c>\"}\nd@e.f {Eff,\" Dan <d@e.f>\"}\n"},
    {"quoted local part", IN("\"a b\"@c.d\n\"e\"@f.g\n"), SINGLE,
     "\"a b\"@c.d {\"\"\"a b\"\"@c.d\"}\n\"e\"@f.g {\"\"\"e\"\"@f.g\"}\n"},
    {"brackets in a quoted local part", IN("\"a<b@c>d\"@e.f\n"), SINGLE,
     "\"a<b@c>d\"@e.f {\"\"\"a<b@c>d\"\"@e.f\"}\n"},
    {"brackets around no address", IN("a@b.c <none>\n"), SINGLE, "a@b.c <none> {a@b.c <none>}\n"},
    {"bracket not closed", IN("Ann <a@b.c\n"), SINGLE, "Ann <a@b.c {Ann <a@b.c}\n"},
    {"brackets, then more", IN("Ann <a@b.c>;\nDan <d@e.f>\ng@h.i\n"), SINGLE,
     "a@b.c {\"Ann <a@b.c>;\"}\nd@e.f {Dan <d@e.f>}\ng@h.i {g@h.i}\n"},
    {"in a column of addresses", IN("name,email\nx,Ann <@b>\n"), HEADED2, "@b {x,Ann <@b>}\n"},
    {"in the first valid one", IN("1,Ann <a@b.c>\n2,\"Eff, D\" <d@e.f>\n3,d@e.f\n"), COMMA,
     "a@b.c {1,Ann <a@b.c>}\nd@e.f {2,\"\"\"Eff, D\"\" <d@e.f>\"}\nd@e.f {3,d@e.f}\n"},

    /* columns and headers */
    {"column by name", IN("name,email\nx@y.z,a@b.c\n"), HEADED2, "a@b.c {x@y.z,a@b.c}\n"},
    {"column by name, any case", IN("name,EMail\nx,a@b.c\n"), "UTF-8 comma 2 EMail {name,EMail}",
     "a@b.c {x,a@b.c}\n"},
    {"email_address", IN("Email_Address;n\na@b.c;x\n"),
     "UTF-8 semicolon 1 Email_Address {Email_Address,n}", "a@b.c {a@b.c,x}\n"},
    {"email address", IN("n,Email Address\nx,a@b.c\n"),
     "UTF-8 comma 2 Email Address {n,Email Address}", "a@b.c {x,a@b.c}\n"},
    {"e-mail", IN("n\te-mail\nx\ta@b.c\n"), "UTF-8 tab 2 e-mail {n,e-mail}", "a@b.c {x,a@b.c}\n"},
    {"e-mail address", IN("n|E-Mail-Address\nx|a@b.c\n"),
     "UTF-8 bar 2 E-Mail-Address {n,E-Mail-Address}", "a@b.c {x,a@b.c}\n"},
    {"name in quotes and spaces", IN("n,\" Email \"\nx,a@b.c\n"),
     "UTF-8 comma 2 Email {n,\" Email \"}", "a@b.c {x,a@b.c}\n"},
    {"name in single quotes", IN("'n','email'\nx,a@b.c\n"), "UTF-8 comma 2 'email' {'n','email'}",
     "a@b.c {x,a@b.c}\n"},
    {"BOM before the name", IN(BOM8 BOM8 "email,n\na@b.c,x\n"),
     "UTF-8 comma 1 email {\"" BOM8 "email\",n}", "a@b.c {a@b.c,x}\n"},
    {"names that are not", IN("emails,my email,e mail2\nx,y,a@b.c\n"),
     "UTF-8 comma 0  {emails,my email,e mail2}", "a@b.c {x,y,a@b.c}\n"},
    {"first of two columns", IN("e-mail,email\na@b.c,d@e.f\n,g@h.i\n"),
     "UTF-8 comma 1 e-mail {e-mail,email}", "a@b.c {a@b.c,d@e.f}\n {,g@h.i}\n"},
    {"only its column", IN("name,email\nx@y.z,\nx@y.z,none\nx@y.z\n"), HEADED2,
     " {x@y.z,}\n {x@y.z,none}\n {x@y.z}\n"},
    {"its column, invalid", IN("name,email\nx@y.z,@@\n"), HEADED2, "@@ {x@y.z,@@}\n"},
    {"header without such a column", IN("id,who\n1,a@b.c\n2,none\n"), "UTF-8 comma 0  {id,who}",
     "a@b.c {1,a@b.c}\n {2,none}\n"},
    {"no header", IN("1,a@b.c\n2,d@e.f\n"), COMMA, "a@b.c {1,a@b.c}\nd@e.f {2,d@e.f}\n"},
    {"the first valid one", IN("@x,a@b.c,d@e.f\nno,a@@b.c,g@h.i\nj@k.l,,\n"), COMMA,
     "a@b.c {@x,a@b.c,d@e.f}\ng@h.i {no,a@@b.c,g@h.i}\nj@k.l {j@k.l,,}\n"},
    {"none valid", IN("a@b.c,1\n@x,y@\n"), COMMA, "a@b.c {a@b.c,1}\n {@x,y@}\n"},
    {"empty cells", IN("a@b.c,,\n,,\n"), COMMA, "a@b.c {a@b.c,,}\n {,,}\n"},
    {"rows of different lengths", IN("a@b.c,1\nd@e.f\ng@h.i,1,2\nj@k.l,1\nm@n.o,1\n"), COMMA,
     "a@b.c {a@b.c,1}\nd@e.f {d@e.f}\ng@h.i {g@h.i,1,2}\nj@k.l {j@k.l,1}\nm@n.o {m@n.o,1}\n"},

    /* delimiters */
    {"a header, rows of many widths", IN("email,x\na@b.c\nd@e.f,1,2\ng@h.i,1,2,3\n"),
     "UTF-8 comma 1 email {email,x}", "a@b.c {a@b.c}\nd@e.f {d@e.f,1,2}\ng@h.i {g@h.i,1,2,3}\n"},
    {"a header, more commas than semicolons", IN("\"name\";\"e-mail\"\nx, y,a;a@b.c\nz,z;d@e.f\n"),
     "UTF-8 semicolon 2 e-mail {name,e-mail}", "a@b.c {\"x, y,a\",a@b.c}\nd@e.f {\"z,z\",d@e.f}\n"},
    {"a header of one cell with a comma", IN("mail, checked\na@b.c\nd@e.f\n"),
     SINGLE " mail, checked {\"mail, checked\"}", "a@b.c {a@b.c}\nd@e.f {d@e.f}\n"},
    {"semicolon", IN("1;a@b.c\n2;d@e.f\n"), "UTF-8 semicolon 0",
     "a@b.c {1,a@b.c}\nd@e.f {2,d@e.f}\n"},
    {"tab", IN("1\ta@b.c\n2\td@e.f\n"), "UTF-8 tab 0", "a@b.c {1,a@b.c}\nd@e.f {2,d@e.f}\n"},
    {"bar", IN("1|a@b.c\n2|d@e.f\n"), "UTF-8 bar 0", "a@b.c {1,a@b.c}\nd@e.f {2,d@e.f}\n"},
    {"tie: comma before semicolon", IN("1;2,a@b.c\n3;4,d@e.f\n"), COMMA,
     "a@b.c {\"1;2\",a@b.c}\nd@e.f {\"3;4\",d@e.f}\n"},
    {"tie: tab before bar", IN("1|2\ta@b.c\n"), "UTF-8 tab 0", "a@b.c {1|2,a@b.c}\n"},
    {"more rows agree", IN("n;email\n1,5;a@b.c\n2,5;d@e.f\n"), "UTF-8 semicolon 2 email {n,email}",
     "a@b.c {\"1,5\",a@b.c}\nd@e.f {\"2,5\",d@e.f}\n"},
    {"commas inside quotes", IN("\"x,y\";a@b.c\n\"z,\nw\";d@e.f\n"), "UTF-8 semicolon 0",
     "a@b.c {\"x,y\",a@b.c}\nd@e.f {\"z,\nw\",d@e.f}\n"},
    {"a comma in one row of many", IN("a@b.c\nd@e.f\ng,h@i.j\n"), SINGLE,
     "a@b.c {a@b.c}\nd@e.f {d@e.f}\ng,h@i.j {\"g,h@i.j\"}\n"},
    {"half of the rows", IN("a@b.c,1\nd@e.f\n"), SINGLE, "a@b.c,1 {\"a@b.c,1\"}\nd@e.f {d@e.f}\n"},
    {"tab-separated, empty first cell", IN("\ta@b.c\n\td@e.f\n"), "UTF-8 tab 0",
     "a@b.c {,a@b.c}\nd@e.f {,d@e.f}\n"},
    {"a delimiter behind each", IN("a@b.c;\nd@e.f;\n"), "UTF-8 semicolon 0",
     "a@b.c {a@b.c,}\nd@e.f {d@e.f,}\n"},

    /* quotes */
    {"delimiter inside", IN("\"x, y\",a@b.c\n"), COMMA, "a@b.c {\"x, y\",a@b.c}\n"},
    {"line end inside", IN("\"x\r\ny\",a@b.c\r\n1,d@e.f\r\n"), COMMA,
     "a@b.c {\"x\r\ny\",a@b.c}\nd@e.f {1,d@e.f}\n"},
    {"doubled quotes", IN("\"x \"\"y\"\" z\",a@b.c\n\"\"\"\",d@e.f\n"), COMMA,
     "a@b.c {\"x \"\"y\"\" z\",a@b.c}\nd@e.f {\"\"\"\",d@e.f}\n"},
    {"empty quotes", IN("\"\",a@b.c\n"), COMMA, "a@b.c {,a@b.c}\n"},
    {"blanks around quotes", IN("1, \"a@b.c\" , x\n"), COMMA, "a@b.c {1,a@b.c,\" x\"}\n"},
    {"blanks between tabs", IN("1\t \"a@b.c\" \tx\n"), "UTF-8 tab 0", "a@b.c {1,a@b.c,x}\n"},
    {"quotes behind an empty cell between tabs", IN("\t\"a@b.c\"\t1\n\t\"d@e.f\"\t2\n"),
     "UTF-8 tab 0", "a@b.c {,a@b.c,1}\nd@e.f {,d@e.f,2}\n"},
    {"quote inside a bare cell", IN("5\" disk,a@b.c\n6\" disk,d@e.f\n"), COMMA,
     "a@b.c {\"5\"\" disk\",a@b.c}\nd@e.f {\"6\"\" disk\",d@e.f}\n"},
    {"quotes inside quotes", IN("\"say \"hi\" now\",a@b.c\n"), COMMA,
     "a@b.c {\"\"\"say \"\"hi\"\" now\"\"\",a@b.c}\n"},
    {"text behind quotes, at the end", IN("a@b.c,\"x\"y"), COMMA, "a@b.c {a@b.c,\"\"\"x\"\"y\"}\n"},
    {"a quote behind blanks", IN("a@b.c,\"x\" \"y\"\nd@e.f,1\n"), COMMA,
     "a@b.c {a@b.c,\"\"\"x\"\" \"\"y\"\"\"}\nd@e.f {d@e.f,1}\n"},
    {"quote closed at the end", IN("1,\"a@b.c\""), COMMA, "a@b.c {1,a@b.c}\n"},
    {"quote and blanks at the end", IN("1,\"a@b.c\"  "), COMMA, "a@b.c {1,a@b.c}\n"},
    {"quote never closed", IN("a@b.c,1\nd@e.f,2\ng@h.i,\"3\nj@k.l,4\n"), COMMA,
     "a@b.c {a@b.c,1}\nd@e.f {d@e.f,2}\n! row 3: a quote is opened and never closed"},
    {"quote never closed in the first row", IN("\"email\na@b.c\n"), SINGLE,
     "! the first row: a quote is opened and never closed"},
    {"quote never closed in the first row of data", IN("email\n\"a@b.c\n"), SINGLE " email {email}",
     "! row 1: a quote is opened and never closed"},
    {"only a quote", IN("\""), SINGLE, "! the first row: a quote is opened and never closed"},
    {"doubled quote at the end", IN("a@b.c\n\"x\"\""), SINGLE,
     "a@b.c {a@b.c}\n! row 2: a quote is opened and never closed"},

    /* encodings */
    {"BOM", IN(BOM8 "email,n\na@b.c,J\xC3\xBC\n"), "UTF-8 comma 1 email {email,n}",
     "a@b.c {a@b.c,J\xC3\xBC}\n"},
    {"Windows-1252", IN("J\xFC,a@b.c\n\x80,d@e.f\n"), "Windows-1252 comma 0",
     "a@b.c {J\xC3\xBC,a@b.c}\nd@e.f {\xE2\x82\xAC,d@e.f}\n"},
    {"Windows-1252 no-break spaces",
     IN("\xA0"
        "a@b.c\xA0\n"),
     "Windows-1252 single 1", "a@b.c {" NBSP "a@b.c" NBSP "}\n"},
    {"Windows-1252, semicolons",
     IN("Stra\xDF"
        "e;email\n\xC4;a@b.c\n"),
     "Windows-1252 semicolon 2 email {Stra\xC3\x9F"
     "e,email}",
     "a@b.c {\xC3\x84,a@b.c}\n"},
    {"UTF-16LE with a BOM",
     IN("\xFF\xFE"
        "a\0@\0b\0.\0c\0\r\0\n\0"),
     "UTF-16LE single 1", "a@b.c {a@b.c}\n"},
    {"UTF-16LE with tabs", IN("\xFF\xFE\xFC\0\t\0a\0@\0b\0.\0c\0"), "UTF-16LE tab 0",
     "a@b.c {\xC3\xBC,a@b.c}\n"},
    {"UTF-16BE with a BOM", IN("\xFE\xFF\0e\0m\0a\0i\0l\0\n\0a\0@\0b\0.\0c"),
     "UTF-16BE single 1 email {email}", "a@b.c {a@b.c}\n"},
    {"UTF-16LE without a BOM", IN("1\0;\0a\0@\0b\0.\0c\0\r\0\n\0"), "UTF-16LE semicolon 0",
     "a@b.c {1,a@b.c}\n"},
    {"UTF-16BE without a BOM", IN("\0\"\0x\0,\0\"\0,\0a\0@\0b\0.\0c\0\n"), "UTF-16BE comma 0",
     "a@b.c {\"x,\",a@b.c}\n"},
    {"UTF-16 with an emoji", IN("\xFE\xFF\xD8\x3D\xDE\x00\0,\0a\0@\0b\0.\0c"), "UTF-16BE comma 0",
     "a@b.c {\xF0\x9F\x98\x80,a@b.c}\n"},
    {"UTF-16 cut in a unit", IN("\xFE\xFF\0a\0@\0b\0.\0c\0"), "UTF-16BE single 1",
     "a@b.c" BAD " {a@b.c" BAD "}\n"},
    {"an image", IN("\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0"),
     "Windows-1252 single 1 \xE2\x80\xB0PNG "
     "{\xE2\x80\xB0PNG}",
     " {" BAD BAD BAD "}\n {IHDR" BAD BAD "}\n"},
};

/* ---- reading, and what was read as text ---- */

static bool show_row(const struct list_row *row, void *arg)
{
    struct strbuf *out = arg;
    cr_assert(row->address[row->address_len] == '\0' && row->cells[row->cells_len] == '\0');
    strbuf_add(out, row->address, row->address_len);
    strbuf_adds(out, " {");
    strbuf_add(out, row->cells, row->cells_len);
    strbuf_adds(out, "}\n");
    return true;
}

static void show_about(const struct list_about *about, struct strbuf *out)
{
    static const struct {
        char delimiter;
        const char *name;
    } names[] = {{'\0', "single"}, {',', "comma"}, {';', "semicolon"}, {'\t', "tab"}, {'|', "bar"}};
    strbuf_clear(out);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (about->delimiter == names[i].delimiter)
            strbuf_printf(out, "%s %s %u", about->encoding, names[i].name, about->column);
    if (about->header)
        strbuf_printf(out, " %s {%.*s}", about->column_name, (int)about->header_cells_len,
                      about->header_cells);
}

enum way { WHOLE, BYTES, PIECES };
static const char *const way_names[] = {"whole", "byte by byte", "in pieces"};

static bool feed(struct list_reader *reader, const char *in, size_t len, enum way way)
{
    while (len > 0) {
        size_t part = way == WHOLE ? len : way == BYTES ? 1 : 1 + (size_t)rand() % 7;
        part = part < len ? part : len;
        char *copy = x_malloc(part); /* so that ASan sees a byte too many */
        memcpy(copy, in, part);
        bool good = list_reader_feed(reader, copy, part);
        free(copy);
        if (!good)
            return false;
        in += part;
        len -= part;
    }
    return true;
}

static void read_list(const char *in, size_t len, enum way way, struct strbuf *rows,
                      struct strbuf *about)
{
    strbuf_clear(rows);
    struct list_reader *reader = list_reader_new(1000, show_row, rows);
    bool good = feed(reader, in, len, way) && list_reader_finish(reader);
    cr_assert_eq(good, list_reader_why(reader)[0] == '\0');
    if (!good)
        strbuf_printf(rows, "! %s", list_reader_why(reader));
    show_about(list_reader_about(reader), about);
    list_reader_free(&reader);
    cr_assert_null(reader);
}

static void expect_text(const struct strbuf *got, const char *want, const char *label,
                        const char *how)
{
    cr_expect_str_eq(strbuf_text(got), want, "%s, %s: [%s], not [%s]", label, how, strbuf_text(got),
                     want);
}

Test(list_reader, lists)
{
    struct strbuf rows = {0}, about = {0};
    cr_assert_geq(COUNT_OF(lists), 80U);
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        for (enum way way = WHOLE; way <= PIECES; way++) {
            for (int again = 0; again < (way == PIECES ? 10 : 1); again++) {
                read_list(lists[i].in, lists[i].len, way, &rows, &about);
                expect_text(&rows, lists[i].rows, lists[i].label, way_names[way]);
                expect_text(&about, lists[i].about, lists[i].label, way_names[way]);
            }
        }
    }
    strbuf_free(&rows);
    strbuf_free(&about);
}

/* ---- limits ---- */

struct counted {
    struct list_reader *reader;
    uint32_t rows, most;
    size_t last_address, last_cells;
};

static bool count_row(const struct list_row *row, void *arg)
{
    struct counted *counted = arg;
    cr_assert_eq(row->n, ++counted->rows);
    counted->last_address = row->address_len;
    counted->last_cells = row->cells_len;
    return counted->most == 0 || counted->rows < counted->most;
}

static bool feed_many(struct list_reader *reader, const char *text, size_t times)
{
    size_t len = strlen(text);
    bool good = true;
    for (size_t i = 0; i < times && good; i++)
        good = list_reader_feed(reader, text, len);
    return good;
}

static const struct {
    const char *label, *before, *text;
    size_t times;
    const char *after, *why;
    uint32_t rows;
} limits[] = {
    {"as many rows as may be", "", "a@b.c\n", 100000, "", "", 100000},
    {"one row more", "", "a@b.c\n", 100001, "", "the list has more than 100000 rows", 100000},
    {"header is not counted", "email\n", "a@b.c\n", 100000, "", "", 100000},
    {"the longest cell", "a@b.c\n", "x", 65536, "\nd@e.f\n", "", 3},
    {"a cell too long", "a@b.c\n", "x", 65537, "\nd@e.f\n",
     "row 2: a cell is longer than 65536 bytes; perhaps a quote is opened and never closed", 1},
    {"the longest cell in quotes", "a@b.c\n\"", "x", 65536, "\"  \nd@e.f\n", "", 3},
    {"the longest cell in quotes, at the end", "a@b.c\n\"", "x", 65536, "\"", "", 2},
    {"a cell in quotes too long", "a@b.c\n\"", "x", 65537, "\"  \nd@e.f\n",
     "row 2: a cell is longer than 65536 bytes; perhaps a quote is opened and never closed", 1},
    {"quote never closed", "a@b.c\nd@e.f\n\"", "x@y.z\n", 1000 * 1000, "",
     "row 3: a cell is longer than 65536 bytes; perhaps a quote is opened and never closed", 2},
    {"cell without end", "", "x", 1000 * 1000, "",
     "the first row: a cell is longer than 65536 bytes; perhaps a quote is opened and never closed",
     0},
    {"as many cells as may be", "a@b.c", ",1", 999, "\n", "", 1},
    {"a cell more", "a@b.c", ",1", 1000, "\n", "the first row: more than 1000 cells", 0},
    {"a cell more behind a header", "n,email\nx,a@b.c\n1", ",", 1000, "\n",
     "row 2: more than 1000 cells", 1},
    {"row too long", "a@b.c,1\nd@e.f",
     ",123456789012345678901234567890123456789012345678901234567"
     "8901234567890123456789012345678901234567890123456789012345678901234567890123456789",
     990, "\n", "row 2: longer than 131072 bytes", 1},
    {"blanks for ever", "a@b.c\n", "\n  \r\n\t", 300 * 1000, "d@e.f\n", "", 2},
};

Test(list_reader, limits)
{
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct counted counted = {0};
        struct list_reader *reader = list_reader_new(100000, count_row, &counted);
        bool good = feed_many(reader, limits[i].before, 1) &&
                    feed_many(reader, limits[i].text, limits[i].times) &&
                    feed_many(reader, limits[i].after, 1) && list_reader_finish(reader);
        cr_expect_eq(good, limits[i].why[0] == '\0', "%s", limits[i].label);
        cr_expect_str_eq(list_reader_why(reader), limits[i].why, "%s: %s", limits[i].label,
                         list_reader_why(reader));
        cr_expect_eq(counted.rows, limits[i].rows, "%s: %u", limits[i].label, counted.rows);
        cr_expect_eq(list_reader_about(reader)->rows, limits[i].rows, "%s", limits[i].label);
        if (!good) { /* for good */
            cr_expect_not(list_reader_feed(reader, "a@b.c\n", 6), "%s", limits[i].label);
            cr_expect_not(list_reader_finish(reader), "%s", limits[i].label);
            cr_expect_eq(counted.rows, limits[i].rows, "%s", limits[i].label);
        }
        list_reader_free(&reader);
    }
}

Test(list_reader, stopped_by_the_owner)
{
    struct counted counted = {.most = 3};
    struct list_reader *reader = list_reader_new(1000 * 1000, count_row, &counted);
    cr_expect_not(feed_many(reader, "a@b.c\n", 100 * 1000));
    cr_expect_eq(counted.rows, 3U);
    cr_expect_str_eq(list_reader_why(reader), "");
    cr_expect_not(list_reader_finish(reader));
    cr_expect_eq(counted.rows, 3U);
    list_reader_free(&reader);
    list_reader_free(&reader);
}

Test(list_reader, counts_and_finishes_once)
{
    struct counted counted = {0};
    struct list_reader *reader = list_reader_new(1000, count_row, &counted);
    cr_expect(feed_many(reader, "email,n\n,1\na@b.c,2\nnone,3\nd@e.f,4", 1));
    cr_expect(list_reader_finish(reader));
    cr_expect(list_reader_finish(reader));
    const struct list_about *about = list_reader_about(reader);
    cr_expect_eq(about->rows, 4U);
    cr_expect_eq(about->without_address, 2U);
    cr_expect_eq(counted.rows, 4U);
    list_reader_free(&reader);
}

/* Cut where a character begins, not in one. */
Test(list_reader, long_address)
{
    for (size_t before = 1018; before <= 1026; before++) {
        struct counted counted = {0};
        struct list_reader *reader = list_reader_new(1000, count_row, &counted);
        feed_many(reader, "@", 1);
        feed_many(reader, "x", before - 1);
        feed_many(reader, "\xE2\x82\xAC", 3);
        cr_expect(list_reader_finish(reader));
        size_t whole = before + 9, cut = before + (1024 - before) / 3 * 3;
        size_t want = before >= 1024 ? 1024 : whole <= 1024 ? whole : cut;
        cr_expect_eq(counted.last_address, want, "%zu: %zu", before, counted.last_address);
        cr_expect_eq(counted.last_cells, whole);
        list_reader_free(&reader);
    }
}

Test(list_reader, long_column_name)
{
    struct counted counted = {0};
    struct list_reader *reader = list_reader_new(1000, count_row, &counted);
    feed_many(reader, "x", 126);
    feed_many(reader, "\xC3\xBC", 5);
    cr_expect(list_reader_finish(reader));
    cr_expect_eq(strlen(list_reader_about(reader)->column_name), 126U);
    cr_expect_eq(list_reader_about(reader)->header_cells_len, 136U);
    list_reader_free(&reader);
}

/* The first bad byte, a delimiter's second thought and a NUL long after everything was decided. */
Test(list_reader, decided_by_the_beginning)
{
    struct counted counted = {0};
    struct list_reader *reader = list_reader_new(1000 * 1000, count_row, &counted);
    cr_expect(feed_many(reader, "a@b.c,1\n", 20 * 1000));
    cr_expect_str_eq(list_reader_about(reader)->encoding, "UTF-8");
    cr_expect(feed_many(reader, "a@b.c;J\xFCrgen;1\n", 20 * 1000));
    cr_expect(list_reader_finish(reader));
    cr_expect_str_eq(list_reader_about(reader)->encoding, "Windows-1252");
    cr_expect_eq(list_reader_about(reader)->delimiter, ',');
    cr_expect_eq(list_reader_about(reader)->without_address, 20000U);
    cr_expect_eq(counted.last_cells, strlen("\"a@b.c;J\xC3\xBCrgen;1\""));
    list_reader_free(&reader);
}

Test(list_reader, first_row_longer_than_the_beginning)
{
    struct counted counted = {0};
    struct list_reader *reader = list_reader_new(1000, count_row, &counted);
    feed_many(reader, "a@b.c;1;", 1);
    feed_many(reader, "x", 65536);
    feed_many(reader, "\nd@e.f,2\n", 1);
    cr_expect(list_reader_finish(reader));
    cr_expect_eq(list_reader_about(reader)->delimiter, ';');
    cr_expect_eq(counted.rows, 2U);
    list_reader_free(&reader);
}

/* ---- memory ---- */

static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static const struct {
    const char *label, *text;
} floods[] = {
    {"addresses", "someone@example.org\n"},
    {"one line", "xxxxxxxxxxxxxxxx"},
    {"quotes", "\"\"\"\"\"\"\"\""},
    {"a quote and text", "\"xxxxxxxxxxxxxxx\n"},
    {"commas", ",,,,,,,,,,,,"},
    {"quotes and commas", "\"\"\"\",\"\","},
    {"blanks", "    \t   \t    "},
    {"line ends", "\n\r\n\r\r\r\n\n"},
    {"cells of quotes", "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\",a,a,\n"},
    {"bad bytes", "\xE2\xE2\xE2\xE2\xE2,\xFF"},
};

/* ASan counts otherwise: there the numbers are 0, and the test is one of time. */
Test(list_reader, memory_is_bounded)
{
    enum { PIECE = 1024 * 1024, PIECES_FED = 20 };
    char *piece = x_malloc(PIECE);
    for (size_t i = 0; i < COUNT_OF(floods); i++) {
        size_t len = strlen(floods[i].text), most = 0;
        for (size_t k = 0; k < PIECE; k++)
            piece[k] = floods[i].text[k % len];
        struct counted counted = {0};
        size_t before = in_use();
        struct list_reader *reader = list_reader_new(UINT32_MAX, count_row, &counted);
        for (int k = 0; k < PIECES_FED; k++) {
            list_reader_feed(reader, piece, PIECE / len * len);
            size_t now = in_use() - before;
            most = now > most ? now : most;
        }
        list_reader_finish(reader);
        cr_expect_lt(most, 2U * 1024 * 1024, "%s: %zu", floods[i].label, most);
        list_reader_free(&reader);
    }
    free(piece);
}
