/* rdap_parse.c - what an RDAP answer says about a domain (RFC 9083).
 *
 *     {"objectClassName": "domain", "ldhName": "EXAMPLE.COM",
 *      "events": [{"eventAction": "registration", "eventDate": "1995-08-14T04:00:00Z"}, ...],
 *      "entities": [{"roles": ["registrar"],
 *                    "publicIds": [{"type": "IANA Registrar ID", "identifier": "376"}],
 *                    "vcardArray": ["vcard", [["fn", {}, "text", "Example Registrar"], ...]]}]}
 *
 * Registries take liberties: members are missing, redacted (empty), of another type, or more than
 * one.  Whatever cannot be read is not told, and the rest still counts.  Bytes that are not UTF-8
 * cost a name some of its letters and nothing else.
 *
 * A domain is as old as its present holding: some registries keep a name's first "registration" and
 * say that somebody took the lapsed name anew by "reregistration" ("registered subsequently to
 * initial registration", 10.2.3), so the later of the two counts.  Of several registrations the
 * earliest is the initial one, of several reregistrations the latest is today's.  "transfer" and
 * "last changed" make nothing young: decent owners do both.  Dates before there were domains
 * (January 1985) are somebody's idea of "unknown".
 *
 * An error is an answer, too (6): 404 in its body says what 404 in the status line does. */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <json-c/json.h>

#include "rdap/rdap_private.h"
#include "base/cursor.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#define SECOND_US ((int64_t)1000000)
#define DAY_US    (86400 * SECOND_US)

static const struct rdap_json_limits limits = {RDAP_ANSWER_MAX, 20000, 4000, 24};

/* ---- dates ---- */

/* Days from 1970-01-01 in the Gregorian calendar; years 1 to 9999 (Hinnant, days_from_civil). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* So many digits, not below `low` and not above `high`. */
static int number_take(struct cursor *c, int digits, int low, int high)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        unsigned char digit = cursor_byte(c);
        c->bad |= !isdigit(digit);
        value = value * 10 + (digit - '0');
    }
    c->bad |= value < low || value > high;
    return c->bad ? low : value;
}

static int64_t date_take(struct cursor *c)
{
    int year = number_take(c, 4, 1, 9999);
    cursor_expect(c, '-');
    int month = number_take(c, 2, 1, 12);
    cursor_expect(c, '-');
    int day = number_take(c, 2, 1, days_in(year, month));
    return days_of(year, month, day) * DAY_US;
}

/* ".123456789": what is finer than a microsecond is dropped. */
static int64_t fraction_take(struct cursor *c)
{
    int64_t us = 0, unit = SECOND_US;
    if (!cursor_accept(c, '.') && !cursor_accept(c, ','))
        return 0;
    c->bad |= !isdigit((unsigned char)cursor_peek(c));
    while (isdigit((unsigned char)cursor_peek(c)))
        us += (cursor_byte(c) - '0') * (unit /= 10);
    return us;
}

static int64_t time_take(struct cursor *c)
{
    int64_t us = number_take(c, 2, 0, 23) * 3600 * SECOND_US;
    cursor_expect(c, ':');
    us += number_take(c, 2, 0, 59) * 60 * SECOND_US;
    cursor_expect(c, ':');
    us += number_take(c, 2, 0, 60) * SECOND_US;
    return us + fraction_take(c);
}

static int64_t offset_take(struct cursor *c)
{
    int sign = cursor_accept(c, '-') ? -1 : cursor_accept(c, '+') ? 1 : 0;
    if (sign == 0) {
        if (!cursor_accept(c, 'Z'))
            cursor_accept(c, 'z');
        return 0;
    }
    int64_t us = number_take(c, 2, 0, 23) * 3600 * SECOND_US;
    cursor_accept(c, ':');
    return sign * (us + number_take(c, 2, 0, 59) * 60 * SECOND_US);
}

/* date-time = date ("T" / "t" / " ") time [offset]; a date alone is its midnight, a time without
 * offset is UTC, an offset needs no colon: all of them are met. */
bool rdap_parse_date(const char *text, int64_t *out_us)
{
    struct cursor c = cursor_over(text, strlen(text));
    int64_t us = date_take(&c);
    if (!cursor_done(&c)) {
        if (!cursor_accept(&c, 'T') && !cursor_accept(&c, 't'))
            cursor_expect(&c, ' ');
        us += time_take(&c);
        us -= offset_take(&c);
    }
    if (c.bad || cursor_left(&c) > 0)
        return false;
    *out_us = us;
    return true;
}

/* The date of an event if it is of that kind, and a possible one; else 0. */
static int64_t event_us(struct json_object *event, const char *kind)
{
    const int64_t first_us = days_of(1985, 1, 1) * DAY_US;
    const char *action = rdap_json_text(event, "eventAction");
    const char *date = rdap_json_text(event, "eventDate");
    int64_t us;
    bool told = action != NULL && strcasecmp(action, kind) == 0 && date != NULL &&
                rdap_parse_date(date, &us) && us >= first_us;
    return told ? us : 0;
}

static int64_t registered_of(struct json_object *domain)
{
    struct json_object *events = rdap_json_member(domain, "events", json_type_array);
    int64_t first_us = 0, again_us = 0;
    for (size_t i = 0; events != NULL && i < json_object_array_length(events); i++) {
        struct json_object *event = json_object_array_get_idx(events, i);
        int64_t first = event_us(event, "registration"), again = event_us(event, "reregistration");
        if (first != 0 && (first_us == 0 || first < first_us))
            first_us = first;
        if (again > again_us)
            again_us = again;
    }
    return again_us > first_us ? again_us : first_us;
}

/* ---- the registrar ---- */

static bool has_role(struct json_object *entity, const char *role)
{
    struct json_object *roles = rdap_json_member(entity, "roles", json_type_array);
    for (size_t i = 0; roles != NULL && i < json_object_array_length(roles); i++) {
        const char *text = rdap_json_string(json_object_array_get_idx(roles, i));
        if (text != NULL && strcasecmp(text, role) == 0)
            return true;
    }
    return false;
}

/* Of at most nine digits, else 0. */
static int64_t id_of_text(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    int64_t id = 0;
    if (digits > 9 || text[digits] != '\0')
        return 0;
    for (; *text != '\0'; text++)
        id = id * 10 + (*text - '0');
    return id;
}

static int64_t id_of(struct json_object *entity)
{
    struct json_object *ids = rdap_json_member(entity, "publicIds", json_type_array);
    for (size_t i = 0; ids != NULL && i < json_object_array_length(ids); i++) {
        struct json_object *each = json_object_array_get_idx(ids, i);
        const char *type = rdap_json_text(each, "type"), *text = rdap_json_text(each, "identifier");
        if (type == NULL || strcasecmp(type, "IANA Registrar ID") != 0)
            continue;
        struct json_object *number = rdap_json_member(each, "identifier", json_type_int);
        int64_t id = text != NULL     ? id_of_text(text)
                     : number != NULL ? json_object_get_int64(number)
                                      : 0;
        if (id > 0 && id <= 999999999)
            return id;
    }
    return 0;
}

/* The value of a property of a jCard: ["fn", {}, "text", VALUE]; NULL without such a one. */
static const char *card_text(struct json_object *entity, const char *name)
{
    struct json_object *card = rdap_json_member(entity, "vcardArray", json_type_array);
    struct json_object *all = card != NULL ? json_object_array_get_idx(card, 1) : NULL;
    if (!json_object_is_type(all, json_type_array))
        return NULL;
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        struct json_object *each = json_object_array_get_idx(all, i);
        if (!json_object_is_type(each, json_type_array) || json_object_array_length(each) < 4)
            continue;
        const char *is = rdap_json_string(json_object_array_get_idx(each, 0));
        const char *value = rdap_json_string(json_object_array_get_idx(each, 3));
        if (is != NULL && strcasecmp(is, name) == 0 && value != NULL && value[0] != '\0')
            return value;
    }
    return NULL;
}

/* Control characters, and those that are not seen or turn the line round. */
static bool is_hidden(int32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xFFF0 && c <= 0xFFFB) || (c & 0xFFFE) == 0xFFFE || (c >> 4) >= 0xE000;
}

/* Printable, single spaces, none at its ends; cut between characters. */
static void name_copy(char *out, size_t size, const char *text)
{
    const char *end = text + strlen(text);
    size_t len = 0;
    bool space = false;
    while (text < end) {
        const char *start = text;
        int32_t c = utf8_next(&text, end);
        size_t bytes = (size_t)(text - start);
        if (c == ' ' || is_hidden(c)) { /* -1 is hidden, too */
            space = len > 0;
            continue;
        }
        if (len + space + bytes >= size)
            break;
        if (space)
            out[len++] = ' ';
        space = false;
        memcpy(out + len, start, bytes);
        len += bytes;
    }
    out[len] = '\0';
}

/* The first one of which anything is told; one with an id counts for more. */
static void registrar_of(struct json_object *domain, struct rdap_answer *out)
{
    struct json_object *entities = rdap_json_member(domain, "entities", json_type_array);
    for (size_t i = 0; entities != NULL && i < json_object_array_length(entities); i++) {
        struct json_object *entity = json_object_array_get_idx(entities, i);
        if (!has_role(entity, "registrar"))
            continue;
        const char *name = card_text(entity, "fn");
        if (name == NULL)
            name = card_text(entity, "org");
        int64_t id = id_of(entity);
        if (id == 0 && (name == NULL || out->registrar[0] != '\0'))
            continue;
        out->registrar_id = id;
        name_copy(out->registrar, sizeof(out->registrar), name != NULL ? name : "");
        if (id != 0)
            return;
    }
}

/* ---- the answer ---- */

/* "EXAMPLE.COM." is example.com.  A name in other letters than ASCII cannot be compared, and
 * counts as the same. */
static bool is_named(const char *name, const char *domain)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] >= 0x80)
            return true;
    if (len > 0 && name[len - 1] == '.')
        len--;
    return len == strlen(domain) && strncasecmp(name, domain, len) == 0;
}

static bool is_domain(struct json_object *tree)
{
    const char *class = rdap_json_text(tree, "objectClassName");
    if (class != NULL)
        return strcasecmp(class, "domain") == 0;
    return rdap_json_text(tree, "ldhName") != NULL; /* 4.9 demands the class; some forget it */
}

static int64_t error_of(struct json_object *tree)
{
    struct json_object *code = rdap_json_member(tree, "errorCode", json_type_int);
    return code != NULL ? json_object_get_int64(code) : 0;
}

static void read_tree(struct json_object *tree, const char *domain, struct rdap_answer *out)
{
    int64_t error = error_of(tree);
    const char *name = rdap_json_text(tree, "ldhName");
    if (error != 0) {
        out->status = error == 404 ? RDAP_NOT_FOUND : RDAP_FAILED;
        return;
    }
    if (!is_domain(tree) || (domain != NULL && name != NULL && !is_named(name, domain)))
        return;
    out->status = RDAP_FOUND;
    out->registered_us = registered_of(tree);
    registrar_of(tree, out);
}

void rdap_parse_about(const char *json, size_t len, const char *domain, struct rdap_answer *out)
{
    const char *why;
    *out = (struct rdap_answer){.status = RDAP_FAILED};
    struct json_object *tree = rdap_json(json, len, &limits, &why);
    read_tree(tree, domain, out);
    json_object_put(tree);
}

void rdap_parse(const char *json, size_t len, struct rdap_answer *out)
{
    rdap_parse_about(json, len, NULL, out);
}

int rdap_age_days(const struct rdap_answer *answer, int64_t now_us)
{
    if (answer->status != RDAP_FOUND || answer->registered_us == 0 ||
        answer->registered_us > now_us + DAY_US)
        return RDAP_AGE_UNKNOWN;
    return now_us > answer->registered_us ? (int)((now_us - answer->registered_us) / DAY_US) : 0;
}
