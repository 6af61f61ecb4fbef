/* dns_msg.c - a raw DNS answer as records.
 *
 * libc's ns_initparse and ns_parserr walk the message (bounds, compression, pointer loops); this
 * file decides what the records mean: is it an answer to our question, where does the CNAME chain
 * end, which records stand there, for how long may they be believed.
 *
 * Policy.  One broken record does not spoil its siblings: an address of the wrong length, a TXT
 * whose strings overrun, an exchange that cannot be a host name (only letters, digits, '-', '_'
 * and dots may later reach a command, a query or a log) are skipped.  If nothing is left although
 * records of the type were there, the answer is DNS_MALFORMED and not DNS_NODATA, which would say
 * something about the domain.  The same holds for an answer cut short (TC) with nothing in it.
 *
 * A response code belongs to the end of the chain (RFC 6604).  No error without answer and without
 * SOA but with NS is a referral, from a server that does not recurse: it could not be asked, so
 * DNS_SERVFAIL. */
#include <arpa/nameser.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>

#include "dns/dns_msg.h"
#include "base/arena.h"
#include "base/cursor.h"

enum {
    MESSAGE_MAX = 65535,
    NAME_MAX_LEN = 253, /* presentation form without the final dot, RFC 1035 2.3.4 */
    LABEL_MAX_LEN = 63,
    NEGATIVE_TTL_MIN_S = 30,
    NEGATIVE_TTL_MAX_S = 900,
    SOA_MIN_LEN = 22 /* two root names and five numbers */
};

struct alias {
    const char *owner, *target;
    uint32_t ttl;
};

struct reading {
    struct arena *arena;
    ns_msg msg;
    const char *name; /* where the chain stands */
    enum dns_type type;
    struct alias aliases[DNS_CNAME_MAX];
    size_t alias_count;
    size_t links; /* aliases followed */
    uint32_t ttl; /* least seen on the way */
};

static char *lower_name(struct arena *arena, const char *text)
{
    char *name = arena_strdup(arena, text);
    for (char *p = name; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    size_t len = strlen(name);
    if (len > 0 && name[len - 1] == '.')
        name[len - 1] = '\0';
    return name;
}

static bool is_host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Of a lower-cased name; the root ("") is one too. */
static bool name_is_host(const char *name)
{
    size_t label = 0;
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '.' ? label == 0 : !is_host_byte(*p))
            return false;
        label = *p == '.' ? 0 : label + 1;
        if (label > LABEL_MAX_LEN)
            return false;
    }
    return strlen(name) <= NAME_MAX_LEN;
}

/* Is `name` the zone's apex or below it? */
static bool name_is_within(const char *name, const char *zone)
{
    size_t len = strlen(name), zone_len = strlen(zone);
    if (zone_len == 0)
        return true;
    if (len < zone_len || strcasecmp(name + len - zone_len, zone) != 0)
        return false;
    return len == zone_len || name[len - zone_len - 1] == '.';
}

/* RFC 2181 8: a TTL with its top bit set counts as zero. */
static uint32_t ttl_of(const ns_rr *rr)
{
    return rr->ttl > INT32_MAX ? 0 : rr->ttl;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The name that fills the rdata from `at` to its end, or NULL. */
static const char *rdata_name(struct reading *r, const ns_rr *rr, size_t at)
{
    char text[NS_MAXDNAME];
    const unsigned char *from = rr->rdata + at;
    if (at >= rr->rdlength)
        return NULL;
    int used = dn_expand(ns_msg_base(r->msg), ns_msg_end(r->msg), from, text, sizeof(text));
    if (used < 0 || (size_t)used != rr->rdlength - at)
        return NULL;
    return lower_name(r->arena, text);
}

static bool question_is_ours(struct reading *r)
{
    ns_rr rr;
    return ns_msg_getflag(r->msg, ns_f_qr) == 1 &&
           ns_msg_getflag(r->msg, ns_f_opcode) == ns_o_query &&
           ns_msg_count(r->msg, ns_s_qd) == 1 && ns_parserr(&r->msg, ns_s_qd, 0, &rr) == 0 &&
           (int)rr.type == (int)r->type && rr.rr_class == ns_c_in &&
           strcasecmp(rr.name, r->name) == 0;
}

/* The response code, whose upper eight bits are in the OPT record (RFC 6891 6.1.3): BADVERS looks
 * like "no error" without them. */
static int response_code(struct reading *r)
{
    int rcode = ns_msg_getflag(r->msg, ns_f_rcode);
    for (int i = 0; i < ns_msg_count(r->msg, ns_s_ar); i++) {
        ns_rr rr;
        if (ns_parserr(&r->msg, ns_s_ar, i, &rr) != 0)
            break;
        if (rr.type == ns_t_opt)
            rcode |= (int)(rr.ttl >> 24) << 4;
    }
    return rcode;
}

/* All CNAMEs of the answer.  false: unreadable, or more than anyone may chain. */
static bool collect_aliases(struct reading *r)
{
    for (int i = 0; i < ns_msg_count(r->msg, ns_s_an); i++) {
        ns_rr rr;
        if (ns_parserr(&r->msg, ns_s_an, i, &rr) != 0)
            return false;
        if (rr.type != ns_t_cname || rr.rr_class != ns_c_in)
            continue;
        const char *target = rdata_name(r, &rr, 0);
        if (target == NULL || r->alias_count == DNS_CNAME_MAX)
            return false;
        r->aliases[r->alias_count++] =
            (struct alias){lower_name(r->arena, rr.name), target, ttl_of(&rr)};
    }
    return true;
}

static const struct alias *find_alias(const struct reading *r)
{
    for (size_t i = 0; i < r->alias_count; i++)
        if (strcmp(r->aliases[i].owner, r->name) == 0)
            return &r->aliases[i];
    return NULL;
}

/* Moves to the end of the chain, whatever order the links came in.  false: a loop. */
static bool follow_aliases(struct reading *r)
{
    for (const struct alias *alias; (alias = find_alias(r)) != NULL; r->links++) {
        if (r->links == r->alias_count)
            return false;
        r->name = alias->target;
        r->ttl = least(r->ttl, alias->ttl);
    }
    return true;
}

static bool read_address(const ns_rr *rr, size_t len, struct dns_record *out)
{
    if (rr->rdlength != len)
        return false;
    memcpy(out->address, rr->rdata, len);
    return true;
}

static bool read_name(struct reading *r, const ns_rr *rr, size_t at, struct dns_record *out)
{
    out->name = rdata_name(r, rr, at);
    return out->name != NULL && name_is_host(out->name);
}

static bool read_mx(struct reading *r, const ns_rr *rr, struct dns_record *out)
{
    if (rr->rdlength < 3)
        return false;
    out->preference = (uint16_t)ns_get16(rr->rdata);
    return read_name(r, rr, 2, out);
}

/* One or more <character-string>s: a length byte, then so many bytes (RFC 1035 3.3.14). */
static bool read_txt(struct reading *r, const ns_rr *rr, struct dns_record *out)
{
    char *text = arena_alloc(r->arena, rr->rdlength + 1U);
    struct cursor c = cursor_over(rr->rdata, rr->rdlength);
    while (!cursor_done(&c)) {
        for (size_t left = cursor_byte(&c); left > 0 && !c.bad; left--) {
            unsigned char byte = cursor_byte(&c);
            if (byte != '\0')
                text[out->text_len++] = (char)byte;
        }
    }
    out->text = text;
    return rr->rdlength > 0 && !c.bad;
}

static bool read_record(struct reading *r, const ns_rr *rr, struct dns_record *out)
{
    switch (r->type) {
    case DNS_TYPE_A:
        return read_address(rr, 4, out);
    case DNS_TYPE_AAAA:
        return read_address(rr, 16, out);
    case DNS_TYPE_MX:
        return read_mx(r, rr, out);
    case DNS_TYPE_TXT:
        return read_txt(r, rr, out);
    case DNS_TYPE_PTR:
    case DNS_TYPE_CNAME:
        return read_name(r, rr, 0, out);
    }
    return false;
}

/* Where the next record goes: behind the others, or, when all places are taken, over the MX that is
 * to be tried last.  Other records than MX have no better and worse. */
static size_t place_for(const struct reading *r, const struct dns_record *kept, size_t count,
                        const struct dns_record *next)
{
    size_t place = count;
    if (count < DNS_RECORDS_MAX || r->type != DNS_TYPE_MX)
        return place;
    for (size_t i = 0; i < count; i++) {
        uint16_t worst = place < count ? kept[place].preference : next->preference;
        if (kept[i].preference > worst)
            place = i;
    }
    return place;
}

/* Fills out->records with what stands at the end of the chain.  Returns how many records of the
 * type stood there, readable or not; of the readable ones DNS_RECORDS_MAX are kept, the best of
 * MX. */
static size_t collect_records(struct reading *r, struct dns_answer *out)
{
    int records = ns_msg_count(r->msg, ns_s_an);
    size_t room = records < DNS_RECORDS_MAX ? (size_t)records : DNS_RECORDS_MAX, seen = 0;
    struct dns_record *kept = arena_array(r->arena, room, sizeof(*kept));
    for (int i = 0; i < records; i++) {
        ns_rr rr;
        if (ns_parserr(&r->msg, ns_s_an, i, &rr) != 0)
            break;
        if ((int)rr.type != (int)r->type || rr.rr_class != ns_c_in ||
            strcasecmp(rr.name, r->name) != 0)
            continue;
        seen++;
        struct dns_record record = {0};
        if (!read_record(r, &rr, &record))
            continue;
        r->ttl = least(r->ttl, ttl_of(&rr));
        size_t place = place_for(r, kept, out->count, &record);
        if (place < room)
            kept[place] = record;
        out->count += place == out->count && place < room;
    }
    out->records = kept;
    return seen;
}

/* What the authority section says about an answer without records. */
struct authority {
    bool soa; /* of a zone that holds the end of the chain */
    bool ns;
    uint32_t ttl; /* RFC 2308 5: least of the SOA's TTL and its MINIMUM field */
};

static struct authority read_authority(struct reading *r)
{
    struct authority found = {0};
    for (int i = 0; i < ns_msg_count(r->msg, ns_s_ns); i++) {
        ns_rr rr;
        if (ns_parserr(&r->msg, ns_s_ns, i, &rr) != 0)
            break;
        if (rr.type == ns_t_ns)
            found.ns = true;
        if (rr.type != ns_t_soa || rr.rdlength < SOA_MIN_LEN || !name_is_within(r->name, rr.name))
            continue;
        uint32_t minimum = (uint32_t)ns_get32(rr.rdata + rr.rdlength - 4);
        found.soa = true;
        found.ttl = least(ttl_of(&rr), minimum > INT32_MAX ? 0 : minimum);
    }
    return found;
}

static void conclude_negative(struct reading *r, enum dns_status status, struct dns_answer *out)
{
    struct authority authority = read_authority(r);
    out->status = status;
    out->ttl = 0;
    if (authority.soa) {
        uint32_t ttl = least(r->ttl, authority.ttl);
        out->ttl = ttl < NEGATIVE_TTL_MIN_S ? NEGATIVE_TTL_MIN_S : least(ttl, NEGATIVE_TTL_MAX_S);
    } else if (status == DNS_NODATA && r->links > 0) {
        bool askable = r->name[0] != '\0' && name_is_host(r->name);
        out->status = askable ? DNS_NODATA : DNS_MALFORMED;
        out->cname = askable ? r->name : NULL;
        out->ttl = askable ? r->ttl : 0;
    } else if (status == DNS_NODATA && authority.ns) {
        out->status = DNS_SERVFAIL;
    }
}

static void conclude(struct reading *r, struct dns_answer *out)
{
    size_t seen = collect_records(r, out);
    if (out->count > 0) {
        out->status = DNS_FOUND;
        out->ttl = r->ttl;
    } else if (seen == 0 && ns_msg_getflag(r->msg, ns_f_tc) == 0) {
        conclude_negative(r, DNS_NODATA, out);
    }
}

void dns_msg_parse(struct arena *arena, const void *data, size_t len, const char *qname,
                   enum dns_type type, struct dns_answer *out)
{
    struct reading r = {.arena = arena, .type = type, .ttl = INT32_MAX};
    r.name = lower_name(arena, qname);
    *out = (struct dns_answer){.status = DNS_MALFORMED};

    if (len < NS_HFIXEDSZ || len > MESSAGE_MAX || ns_initparse(data, (int)len, &r.msg) != 0 ||
        !question_is_ours(&r))
        return;
    int rcode = response_code(&r);
    if (rcode != ns_r_noerror && rcode != ns_r_nxdomain) {
        out->status = DNS_SERVFAIL;
        return;
    }
    if (!collect_aliases(&r) || (type != DNS_TYPE_CNAME && !follow_aliases(&r)))
        return;
    if (rcode == ns_r_nxdomain)
        conclude_negative(&r, DNS_NXDOMAIN, out);
    else
        conclude(&r, out);
}
