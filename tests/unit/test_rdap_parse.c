/* What is read from RDAP answers: registries' own shapes, odd ones, and what is none. */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "rdap/rdap.h"
#include "rdap/rdap_private.h"

#define DAY_US (86400 * (int64_t)1000000)

/* ---- dates ---- */

static const struct {
    const char *text, *is; /* in UTC; NULL: it is no date */
} dates[] = {
    {"1995-08-14T04:00:00Z", "1995-08-14T04:00:00.000Z"},
    {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
    {"2026-11-28T09:10:11.5Z", "2026-11-28T09:10:11.500Z"},
    {"2026-11-28T09:10:11.123456789Z", "2026-11-28T09:10:11.123Z"},
    {"2026-11-28T09:10:11,25Z", "2026-11-28T09:10:11.250Z"},
    {"2026-11-28T00:30:00+02:00", "2026-11-27T22:30:00.000Z"},
    {"2026-11-28T23:30:00-05:30", "2026-11-29T05:00:00.000Z"},
    {"2026-11-28T23:30:00+0000", "2026-11-28T23:30:00.000Z"},
    {"2026-11-28T09:10:11", "2026-11-28T09:10:11.000Z"},
    {"2026-11-28t09:10:11z", "2026-11-28T09:10:11.000Z"},
    {"2026-11-28 09:10:11Z", "2026-11-28T09:10:11.000Z"},
    {"2026-11-28", "2026-11-28T00:00:00.000Z"},
    {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
    {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"},
    {"2000-03-01T00:00:00Z", "2000-03-01T00:00:00.000Z"},
    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
    {"2023-02-29T00:00:00Z", NULL},
    {"1900-02-29T00:00:00Z", NULL},
    {"2026-13-01T00:00:00Z", NULL},
    {"2026-00-01T00:00:00Z", NULL},
    {"2026-11-31T00:00:00Z", NULL},
    {"2026-11-00", NULL},
    {"2026-11-28T24:00:00Z", NULL},
    {"2026-11-28T09:60:00Z", NULL},
    {"2026-11-28T09:10:61Z", NULL},
    {"2026-11-28T09:10Z", NULL},
    {"2026-11-28T09:10:11.Z", NULL},
    {"2026-11-28T09:10:11+24:00", NULL},
    {"2026-11-28T09:10:11+01", NULL},
    {"2026-11-28T09:10:11Zulu", NULL},
    {"2026-11-28T09:10:11Z ", NULL},
    {"2026-11-28T", NULL},
    {"26-11-28T09:10:11Z", NULL},
    {"+2026-11-28", NULL},
    {"0000-01-01T00:00:00Z", NULL},
    {"28.11.2026", NULL},
    {"REDACTED", NULL},
    {"", NULL},
};

Test(rdap_parse, dates)
{
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        int64_t us = 0;
        char text[32] = "none";
        if (rdap_parse_date(dates[i].text, &us))
            clock_iso_ms(us, text, sizeof(text));
        cr_expect_str_eq(text, dates[i].is != NULL ? dates[i].is : "none", "%s: %s", dates[i].text,
                         text);
    }
}

/* Every day of four centuries against the C library. */
Test(rdap_parse, dates_in_order)
{
    int64_t us, day = 0;
    for (; day < 146097; day++) {
        char text[32];
        clock_iso(day * DAY_US, text, sizeof(text));
        cr_assert(rdap_parse_date(text, &us), "%s", text);
        cr_assert_eq(us, day * DAY_US, "%s", text);
    }
}

/* ---- whole answers ---- */

#define DOMAIN "\"objectClassName\":\"domain\",\"ldhName\":\"EXAMPLE.COM\""
#define REGISTERED(date) \
    "\"events\":[{\"eventAction\":\"registration\",\"eventDate\":\"" date "\"}]"
#define CARD(name)                                                  \
    "\"vcardArray\":[\"vcard\",[[\"version\",{},\"text\",\"4.0\"]," \
    "[\"fn\",{},\"text\",\"" name "\"]]]"
#define ID(id)              "\"publicIds\":[{\"type\":\"IANA Registrar ID\",\"identifier\":" id "}]"
#define ENTITY(role, rest)  "{\"objectClassName\":\"entity\",\"roles\":[\"" role "\"]," rest "}"
#define ENTITIES(rest)      "{" DOMAIN ",\"entities\":[" rest "]}"
#define EVENTS(rest)        "{" DOMAIN ",\"events\":[" rest "]}"
#define EVENT(action, date) "{\"eventAction\":" action ",\"eventDate\":" date "}"
#define AT                  "1995-08-14T04:00:00Z"

static const struct {
    const char *label, *json;
    enum rdap_status status;
    const char *registered; /* "" not told */
    const char *registrar;
    int64_t id;
} rows[] = {
    {"a registry's answer",
     "{" DOMAIN ",\"handle\":\"2336799_DOMAIN_COM-VRSN\",\"events\":[" EVENT(
         "\"expiration\"", "\"2027-08-13T04:00:00Z\"") "," EVENT("\"registration\"",
                                                                 "\"" AT "\"") ","            //
     EVENT("\"last update of RDAP database\"", "\"2026-11-28T00:00:00Z\"") "],\"entities\":[" //
     ENTITY("registrar",
            "\"handle\":\"376\"," ID("\"376\"") "," CARD("Example Registrar, Inc.")) "]}",
     RDAP_FOUND, AT, "Example Registrar, Inc.", 376},
    {"nothing but the name", "{" DOMAIN "}", RDAP_FOUND, "", "", 0},
    {"white space around", " \r\n{" DOMAIN "}\n ", RDAP_FOUND, "", "", 0},
    {"no class, but a name", "{\"ldhName\":\"example.com\"," REGISTERED(AT) "}", RDAP_FOUND, AT, "",
     0},
    {"class in capitals", "{\"objectClassName\":\"Domain\"}", RDAP_FOUND, "", "", 0},
    /* what is no answer about a domain */
    {"another class", "{\"objectClassName\":\"entity\",\"ldhName\":\"example.com\"}", RDAP_FAILED,
     "", "", 0},
    {"no class, no name", "{" REGISTERED(AT) "}", RDAP_FAILED, "", "", 0},
    {"class of another type", "{\"objectClassName\":[\"domain\"]}", RDAP_FAILED, "", "", 0},
    {"error 404", "{\"errorCode\":404,\"title\":\"Not Found\"}", RDAP_NOT_FOUND, "", "", 0},
    {"error 429", "{\"errorCode\":429," DOMAIN "}", RDAP_FAILED, "", "", 0},
    {"error as text is none", "{\"errorCode\":\"404\"," DOMAIN "}", RDAP_FOUND, "", "", 0},
    {"a list", "[{" DOMAIN "}]", RDAP_FAILED, "", "", 0},
    {"null", "null", RDAP_FAILED, "", "", 0},
    {"a text", "\"domain\"", RDAP_FAILED, "", "", 0},
    {"HTML", "<!DOCTYPE html><html>", RDAP_FAILED, "", "", 0},
    {"nothing", "", RDAP_FAILED, "", "", 0},
    {"cut off", "{" DOMAIN ",\"events\":[{\"eventAction\":\"regi", RDAP_FAILED, "", "", 0},
    {"more behind it", "{" DOMAIN "}{", RDAP_FAILED, "", "", 0},
    /* events */
    {"earliest of two",
     EVENTS(EVENT("\"registration\"", "\"2001-01-01T00:00:00Z\"") "," EVENT(
         "\"registration\"", "\"1999-01-01T00:00:00Z\"") "," //
            EVENT("\"registration\"", "\"2003-01-01T00:00:00Z\"")),
     RDAP_FOUND, "1999-01-01T00:00:00Z", "", 0},
    {"registered again since",
     EVENTS(EVENT("\"registration\"", "\"2010-01-01T00:00:00Z\"") "," //
            EVENT("\"reregistration\"", "\"2026-11-20T00:00:00Z\"")),
     RDAP_FOUND, "2026-11-20T00:00:00Z", "", 0},
    {"registered again, told first",
     EVENTS(EVENT("\"Reregistration\"", "\"2026-11-20T00:00:00Z\"") "," //
            EVENT("\"registration\"", "\"2010-01-01T00:00:00Z\"")),
     RDAP_FOUND, "2026-11-20T00:00:00Z", "", 0},
    {"registered again and again",
     EVENTS(EVENT("\"reregistration\"", "\"2014-01-01T00:00:00Z\"") "," EVENT(
         "\"reregistration\"", "\"2020-01-01T00:00:00Z\"") "," //
            EVENT("\"reregistration\"", "\"2016-01-01T00:00:00Z\"")),
     RDAP_FOUND, "2020-01-01T00:00:00Z", "", 0},
    {"registered again before",
     EVENTS(EVENT("\"registration\"", "\"2010-01-01T00:00:00Z\"") "," //
            EVENT("\"reregistration\"", "\"2009-01-01T00:00:00Z\"")),
     RDAP_FOUND, "2010-01-01T00:00:00Z", "", 0},
    {"registered again on a bad date",
     EVENTS(EVENT("\"registration\"", "\"2010-01-01T00:00:00Z\"") "," //
            EVENT("\"reregistration\"", "\"1970-01-01T00:00:00Z\"") "," EVENT("\"reregistration\"",
                                                                              "\"soon\"")),
     RDAP_FOUND, "2010-01-01T00:00:00Z", "", 0},
    {"only the later registration is told", EVENTS(EVENT("\"reregistration\"", "\"" AT "\"")),
     RDAP_FOUND, AT, "", 0},
    {"changed, moved, renewed: as old as before",
     EVENTS(EVENT("\"registration\"", "\"2010-01-01T00:00:00Z\"") "," EVENT(
         "\"last changed\"", "\"2026-11-20T00:00:00Z\"") "," //
            EVENT("\"transfer\"", "\"2026-11-21T00:00:00Z\"") "," EVENT(
                "\"reinstantiation\"", "\"2026-11-22T00:00:00Z\"")),
     RDAP_FOUND, "2010-01-01T00:00:00Z", "", 0},
    {"action in capitals", EVENTS(EVENT("\"Registration\"", "\"" AT "\"")), RDAP_FOUND, AT, "", 0},
    {"with an offset", "{" DOMAIN "," REGISTERED("2020-03-01T01:30:00+02:00") "}", RDAP_FOUND,
     "2020-02-29T23:30:00Z", "", 0},
    {"before there were domains", "{" DOMAIN "," REGISTERED("1970-01-01T00:00:00Z") "}", RDAP_FOUND,
     "", "", 0},
    {"year one", "{" DOMAIN "," REGISTERED("0001-01-01T00:00:00Z") "}", RDAP_FOUND, "", "", 0},
    {"the first ones", "{" DOMAIN "," REGISTERED("1985-03-15T05:00:00Z") "}", RDAP_FOUND,
     "1985-03-15T05:00:00Z", "", 0},
    {"a bad date, then a good one",
     EVENTS(EVENT("\"registration\"", "\"soon\"") "," EVENT("\"registration\"", "\"" AT "\"")),
     RDAP_FOUND, AT, "", 0},
    {"date is a number", EVENTS(EVENT("\"registration\"", "808372800")), RDAP_FOUND, "", "", 0},
    {"date is null", EVENTS(EVENT("\"registration\"", "null")), RDAP_FOUND, "", "", 0},
    {"date with a NUL", EVENTS(EVENT("\"registration\"", "\"" AT "\\u0000\"")), RDAP_FOUND, "", "",
     0},
    {"action is a list", EVENTS(EVENT("[\"registration\"]", "\"" AT "\"")), RDAP_FOUND, "", "", 0},
    {"events of other types", EVENTS("1,null,\"registration\",[],{}"), RDAP_FOUND, "", "", 0},
    {"events is an object", "{" DOMAIN ",\"events\":{}}", RDAP_FOUND, "", "", 0},
    {"event of an entity is not the domain's", ENTITIES(ENTITY("registrar", REGISTERED(AT))),
     RDAP_FOUND, "", "", 0},
    /* the registrar */
    {"role among others", ENTITIES("{\"roles\":[\"sponsor\",\"Registrar\"]," CARD("A") "}"),
     RDAP_FOUND, "", "A", 0},
    {"not the registrant", ENTITIES(ENTITY("registrant", CARD("Jane Doe") "," ID("\"1\""))),
     RDAP_FOUND, "", "", 0},
    {"id is a number", ENTITIES(ENTITY("registrar", ID("1479"))), RDAP_FOUND, "", "", 1479},
    {"id is no number", ENTITIES(ENTITY("registrar", CARD("B") "," ID("\"REG-1\""))), RDAP_FOUND,
     "", "B", 0},
    {"id is negative", ENTITIES(ENTITY("registrar", CARD("B") "," ID("-5"))), RDAP_FOUND, "", "B",
     0},
    {"id is huge", ENTITIES(ENTITY("registrar", CARD("B") "," ID("\"99999999999999999999\""))),
     RDAP_FOUND, "", "B", 0},
    {"id is empty", ENTITIES(ENTITY("registrar", CARD("B") "," ID("\"\""))), RDAP_FOUND, "", "B",
     0},
    {"another kind of id",
     ENTITIES(ENTITY("registrar", "\"publicIds\":[{\"type\":\"VAT\",\"identifier\":\"376\"}]," //
                     CARD("B"))),
     RDAP_FOUND, "", "B", 0},
    {"redacted name", ENTITIES(ENTITY("registrar", ID("\"376\"") "," CARD(""))), RDAP_FOUND, "", "",
     376},
    {"organisation in place of a name",
     ENTITIES(ENTITY("registrar", "\"vcardArray\":[\"vcard\",[[\"fn\",{},\"text\",\"\"]," //
                                  "[\"org\",{},\"text\",\"Org Ltd\"]]]")),
     RDAP_FOUND, "", "Org Ltd", 0},
    {"the one with an id counts",
     ENTITIES(ENTITY("registrar", CARD("Reseller")) "," ENTITY(
         "registrar", CARD("Real") "," ID("\"7\"")) "," ENTITY("registrar", CARD("Third"))),
     RDAP_FOUND, "", "Real", 7},
    {"else the first",
     ENTITIES(ENTITY("registrar", CARD("One")) "," //
              ENTITY("registrar", CARD("Two"))),
     RDAP_FOUND, "", "One", 0},
    {"card of odd shapes",
     ENTITIES(ENTITY("registrar",
                     "\"vcardArray\":[\"vcard\",[1,[],[\"fn\"],[\"fn\",{},\"text\"]," //
                     "[\"fn\",{},\"text\",[\"x\"]],[\"fn\",{},\"text\",\"C\"]]]")),
     RDAP_FOUND, "", "C", 0},
    {"card is an object", ENTITIES(ENTITY("registrar", "\"vcardArray\":{\"fn\":\"C\"}")),
     RDAP_FOUND, "", "", 0},
    {"card is empty", ENTITIES(ENTITY("registrar", "\"vcardArray\":[]")), RDAP_FOUND, "", "", 0},
    {"entities of other types", ENTITIES("null,7,[],\"registrar\""), RDAP_FOUND, "", "", 0},
    {"roles is a text", ENTITIES("{\"roles\":\"registrar\"," CARD("D") "}"), RDAP_FOUND, "", "", 0},
    /* names for people */
    {"letters of all kinds", ENTITIES(ENTITY("registrar", CARD("Könnte GmbH 株式会社"))),
     RDAP_FOUND, "", "Könnte GmbH 株式会社", 0},
    {"control characters",
     ENTITIES(ENTITY("registrar", CARD("\\u0000\\u001b[31mA\\r\\n\\t B\\u007f \\u202eC"))),
     RDAP_FOUND, "", "", 0}, /* a NUL: no text */
    {"more control characters",
     ENTITIES(ENTITY("registrar", CARD(" \\u001b[31mA\\r\\n\\t B\\u007f \\u202eC\\ufeff "))),
     RDAP_FOUND, "", "[31mA B C", 0},
    {"bytes that are no UTF-8", ENTITIES(ENTITY("registrar", ID("\"9\"") "," CARD("K\xf6ln"))),
     RDAP_FOUND, "", "K ln", 9},
    {"a long name",
     ENTITIES(
         ENTITY("registrar", CARD("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
                                  "cccccc\u00fcddd"))),
     RDAP_FOUND, "",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
     "cccccc",
     0},
};

Test(rdap_parse, answers)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rdap_answer out;
        char date[32] = "";
        rdap_parse(rows[i].json, strlen(rows[i].json), &out);
        if (out.registered_us != 0)
            clock_iso(out.registered_us, date, sizeof(date));
        cr_expect_eq(out.status, rows[i].status, "%s: status %d", rows[i].label, out.status);
        cr_expect_str_eq(date, rows[i].registered, "%s: %s", rows[i].label, date);
        cr_expect_eq(out.registrar_id, rows[i].id, "%s: id %lld", rows[i].label,
                     (long long)out.registrar_id);
        cr_expect_eq(out.ms, 0, "%s", rows[i].label);
        cr_expect_str_eq(out.registrar, rows[i].registrar, "%s: %s", rows[i].label, out.registrar);
    }
}

static const struct {
    const char *name, *domain;
    bool same;
} names[] = {
    {"EXAMPLE.COM", "example.com", true},
    {"example.com.", "example.com", true},
    {"example.com", "example.com", true},
    {"example.net", "example.com", false},
    {"example.co", "example.com", false},
    {"example.comm", "example.com", false},
    {"", "example.com", false},
    {"com", "example.com", false},
    {"b\\u00fccher.de", "xn--bcher-kva.de", true},
};

Test(rdap_parse, another_domain)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct strbuf json = {0};
        struct rdap_answer out;
        strbuf_printf(&json, "{\"objectClassName\":\"domain\",\"ldhName\":\"%s\"}", names[i].name);
        rdap_parse_about(strbuf_text(&json), json.len, names[i].domain, &out);
        cr_expect_eq(out.status, names[i].same ? RDAP_FOUND : RDAP_FAILED, "%s", names[i].name);
        strbuf_free(&json);
    }
}

static void fill(struct strbuf *json, const char *before, const char *each, size_t times,
                 const char *after)
{
    strbuf_clear(json);
    strbuf_adds(json, before);
    for (size_t i = 0; i < times; i++)
        strbuf_adds(json, each);
    strbuf_adds(json, after);
}

static enum rdap_status status_of(const struct strbuf *json)
{
    struct rdap_answer out;
    rdap_parse(strbuf_text(json), json->len, &out);
    return out.status;
}

Test(rdap_parse, limits)
{
    struct strbuf json = {0};
    fill(&json, "{" DOMAIN ",\"x\":[", "0,", 15000, "0]}");
    cr_expect_eq(status_of(&json), RDAP_FOUND, "many values");
    fill(&json, "{" DOMAIN ",\"x\":[", "0,", 25000, "0]}");
    cr_expect_eq(status_of(&json), RDAP_FAILED, "too many values");
    fill(&json, "{" DOMAIN ",\"x\":[", "{},", 3000, "0]}");
    cr_expect_eq(status_of(&json), RDAP_FOUND, "many objects");
    fill(&json, "{" DOMAIN ",\"x\":[", "{},", 5000, "0]}");
    cr_expect_eq(status_of(&json), RDAP_FAILED, "too many objects");
    fill(&json, "{" DOMAIN ",\"x\":\"", "[{,\\\"", 20000, "\"}");
    cr_expect_eq(status_of(&json), RDAP_FOUND, "brackets in a text are none");
    fill(&json, "{" DOMAIN ",\"x\":\"", "0123456789", 27000, "\"}");
    cr_expect_eq(status_of(&json), RDAP_FAILED, "too long");
    fill(&json, "", "[", 20, "");
    cr_expect_eq(status_of(&json), RDAP_FAILED, "not closed");
    fill(&json, "{" DOMAIN ",\"x\":", "[", 15, "]]]]]]]]]]]]]]]}");
    cr_expect_eq(status_of(&json), RDAP_FOUND, "deep");
    fill(&json, "{" DOMAIN ",\"x\":", "[", 30, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}");
    cr_expect_eq(status_of(&json), RDAP_FAILED, "too deep");
    strbuf_free(&json);
}

/* ---- what is made of it ---- */

Test(rdap_parse, age)
{
    const int64_t day = 20000 * DAY_US;
    const struct {
        const char *label;
        enum rdap_status status;
        int64_t registered_us;
        int days;
    } ages[] = {
        {"today", RDAP_FOUND, day, 0},
        {"a day less a moment", RDAP_FOUND, day - DAY_US + 1, 0},
        {"a day", RDAP_FOUND, day - DAY_US, 1},
        {"a year", RDAP_FOUND, day - 365 * DAY_US, 365},
        {"their clock is ahead", RDAP_FOUND, day + DAY_US, 0},
        {"in the future", RDAP_FOUND, day + DAY_US + 1, RDAP_AGE_UNKNOWN},
        {"not told", RDAP_FOUND, 0, RDAP_AGE_UNKNOWN},
        {"not there", RDAP_NOT_FOUND, day, RDAP_AGE_UNKNOWN},
        {"failed", RDAP_FAILED, day, RDAP_AGE_UNKNOWN},
        {"no server", RDAP_NO_SERVER, day, RDAP_AGE_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(ages); i++) {
        struct rdap_answer answer = {.status = ages[i].status,
                                     .registered_us = ages[i].registered_us};
        cr_expect_eq(rdap_age_days(&answer, day), ages[i].days, "%s", ages[i].label);
    }
}

static const struct {
    const char *registrar;
    int64_t id;
    bool bulk;
} registrars[] = {
    {"NameSilo, LLC", 1479, true},
    {"", 1479, true},
    {"Anything", 303, true},
    {"NAMESILO,LLC", 0, true},
    {"namesilo", 0, true},
    {"PDR Ltd. d/b/a PublicDomainRegistry.com", 0, true},
    {"HOSTINGER operations, UAB", 0, true},
    {"Registrar of Domain Names REG.RU LLC", 0, true},
    {"NameSilox", 0, false},
    {"Name Silo", 0, false},
    {"The NameSilo", 0, false},
    {"NameSilo, LLC", 376, false}, /* the id decides */
    {"MarkMonitor Inc.", 292, false},
    {"", 0, false},
    {"", 147, false},
};

Test(rdap_parse, bulk_registrars)
{
    for (size_t i = 0; i < COUNT_OF(registrars); i++) {
        struct rdap_answer answer = {.status = RDAP_FOUND, .registrar_id = registrars[i].id};
        snprintf(answer.registrar, sizeof(answer.registrar), "%s", registrars[i].registrar);
        cr_expect_eq(rdap_is_bulk(&answer), registrars[i].bulk, "%s %lld", registrars[i].registrar,
                     (long long)registrars[i].id);
        answer.status = RDAP_FAILED;
        cr_expect_not(rdap_is_bulk(&answer));
    }
    cr_expect_gt(rdap_bulk_count(), 5u);
}
