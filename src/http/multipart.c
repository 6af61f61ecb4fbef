/* multipart.c - multipart/form-data, a push parser: bytes in, parts out, nothing kept.
 *
 *     body      = [ preamble CRLF ] 1*( delimiter pad CRLF part ) delimiter "--" pad [ CRLF
 * epilogue ] delimiter = CRLF "--" boundary      (at the body's start, and behind headers, without
 * its CRLF) part      = *( header CRLF ) CRLF *OCTET pad       = up to 120 spaces and tabs
 *
 * A delimiter has its only CR at its start, so a match that fails can begin anew only at the byte
 * that failed, and what had matched is data: no search buffer, no second look at any byte.  A line
 * that only begins like a boundary is data as well, although RFC 2046 would have it be one: an
 * upload that happens to contain such a line comes through byte by byte.
 *
 * Names are read as browsers (WHATWG) and curl write them: %22 and \" are a quote, \\ a backslash,
 * any other backslash and percent sign stand for themselves.  What is bad stays bad: after a fault,
 * or an event that said no, nothing more is read and no event comes. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "http/multipart.h"

enum { DELIMITER_MAX = 4 + MULTIPART_BOUNDARY_MAX, TAIL_MAX = 123, IMPLIED = 2 };

enum state {
    TEXT,     /* data of a part, or the preamble: looking for a delimiter */
    TAIL,     /* behind what may be a delimiter, up to the end of its line */
    HEADERS,  /* of a part */
    EPILOGUE, /* the closing boundary has been seen */
    ENDED     /* bad, or stopped by an event */
};

struct multipart {
    struct multipart_events events;
    void *arg;
    enum state state;
    const char *why;
    bool in_part; /* its event has been sent, its end not yet */
    int parts;
    char delimiter[DELIMITER_MAX + 1];
    size_t delimiter_len;
    size_t matched; /* bytes of the delimiter that have been seen */
    size_t implied; /* of these, the leading ones that no data would be: the CRLF that went before
                     */
    char tail[TAIL_MAX];
    size_t tail_len, dashes;
    char headers[MULTIPART_HEADERS_MAX + 1];
    size_t headers_len;
};

/* One "name=value" of a header, decoded in place. */
struct parameter {
    char *name, *value;
};
enum found { FOUND, FOUND_NONE, FOUND_BROKEN };

static char *skip_blank(char *at)
{
    return at + strspn(at, " \t");
}

/* quoted-string, from behind its opening quote.  NULL: it does not end. */
static char *unquote(char *at, char **end)
{
    char *out = at;
    while (*at != '"') {
        if (*at == '\0')
            return NULL;
        if (at[0] == '\\' && (at[1] == '"' || at[1] == '\\')) {
            *out++ = at[1];
            at += 2;
        } else if (strncmp(at, "%22", 3) == 0) {
            *out++ = '"';
            at += 3;
        } else {
            *out++ = *at++;
        }
    }
    *end = out;
    return at + 1;
}

/* parameter = name "=" ( token / quoted-string ), at its start or at the end of them all.  Moves
 * *at behind the semicolon that follows. */
static enum found parameter_next(char **at, struct parameter *out)
{
    char *p = skip_blank(*at);
    if (*p == '\0')
        return FOUND_NONE;
    out->name = p;
    p += strcspn(p, "=; \t\"");
    if (p == out->name || *p != '=')
        return FOUND_BROKEN;
    *p++ = '\0';
    bool quoted = *p == '"';
    out->value = p + quoted;
    char *end = p + strcspn(p, "; \t\"");
    p = quoted ? unquote(p + 1, &end) : end;
    if (p == NULL)
        return FOUND_BROKEN;
    p = skip_blank(p);
    if (*p != ';' && *p != '\0')
        return FOUND_BROKEN;
    *at = p + (*p == ';');
    *end = '\0';
    return FOUND;
}

/* Cuts "word; parameters" at its first semicolon, the word trimmed; the parameters' start. */
static char *word_cut(char *word)
{
    size_t len = strcspn(word, ";");
    char *rest = word + len + (word[len] == ';');
    while (len > 0 && (word[len - 1] == ' ' || word[len - 1] == '\t'))
        len--;
    /* Without a semicolon `rest` is the end, which stays where it is. */
    word[len] = '\0';
    return rest;
}

/* bchars of RFC 2046 5.1.1. */
static bool boundary_allowed(const char *boundary)
{
    static const char bchars[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "'()+_,-./:=? ";
    size_t len = strlen(boundary);
    return len >= 1 && len <= MULTIPART_BOUNDARY_MAX &&
           boundary[strspn(boundary, bchars)] == '\0' && boundary[len - 1] != ' ';
}

/* The boundary in `type`, which is cut up for it; NULL and *why. */
static const char *boundary_find(char *type, const char **why)
{
    char *at = word_cut(skip_blank(type));
    if (strcasecmp(skip_blank(type), "multipart/form-data") != 0) {
        *why = "The Content-Type is not multipart/form-data";
        return NULL;
    }
    const char *boundary = NULL;
    struct parameter parameter;
    enum found found;
    while ((found = parameter_next(&at, &parameter)) == FOUND) {
        if (strcasecmp(parameter.name, "boundary") != 0)
            continue;
        if (boundary != NULL)
            break;
        boundary = parameter.value;
    }
    if (found != FOUND_NONE)
        *why = "The Content-Type cannot be read";
    else if (boundary == NULL)
        *why = "The Content-Type has no boundary";
    else if (!boundary_allowed(boundary))
        *why = "The boundary of the Content-Type is not allowed";
    else
        return boundary;
    return NULL;
}

struct multipart *multipart_new(const char *content_type, const struct multipart_events *events,
                                void *arg, const char **why)
{
    struct multipart *multipart = NULL;
    char *type = x_strdup(content_type);
    const char *boundary = boundary_find(type, why);
    if (boundary != NULL) {
        multipart = NEW(struct multipart);
        multipart->events = *events;
        multipart->arg = arg;
        multipart->why = "";
        multipart->delimiter_len = 4 + strlen(boundary);
        memcpy(multipart->delimiter, "\r\n--", 4);
        memcpy(multipart->delimiter + 4, boundary, strlen(boundary));
        multipart->matched = multipart->implied = IMPLIED;
    }
    free(type);
    return multipart;
}

void multipart_free(struct multipart **multipart)
{
    free(*multipart);
    *multipart = NULL;
}

const char *multipart_why(const struct multipart *multipart)
{
    return multipart->why;
}

static bool bad(struct multipart *multipart, const char *why)
{
    multipart->state = ENDED;
    multipart->why = why;
    return false;
}

static void emit(struct multipart *multipart, const char *data, size_t len)
{
    if (len > 0 && multipart->in_part && !multipart->events.data(data, len, multipart->arg))
        multipart->state = ENDED;
}

/* false: stopped. */
static bool part_end(struct multipart *multipart)
{
    if (multipart->in_part && !multipart->events.end(multipart->arg))
        multipart->state = ENDED;
    multipart->in_part = false;
    return multipart->state != ENDED;
}

/* Valid UTF-8 without C0, DEL and C1. */
static bool is_printable(const char *text)
{
    for (const char *at = text, *end = text + strlen(text); at < end;) {
        int32_t c = utf8_next(&at, end);
        if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
            return false;
    }
    return true;
}

/* Content-Disposition: form-data; name="..." [; filename="..."].  NULL, or what is wrong. */
static const char *read_disposition(char *value, struct multipart_part *part)
{
    char *at = word_cut(value);
    if (part->name != NULL)
        return "A part has two Content-Dispositions";
    if (strcasecmp(value, "form-data") != 0)
        return "A part's Content-Disposition is not form-data";
    struct parameter parameter;
    enum found found;
    while ((found = parameter_next(&at, &parameter)) == FOUND) {
        bool is_name = strcasecmp(parameter.name, "name") == 0;
        if (!is_name && strcasecmp(parameter.name, "filename") != 0)
            continue;
        const char **place = is_name ? &part->name : &part->filename;
        if (*place != NULL)
            return "A part has two names";
        if (!is_printable(parameter.value))
            return "The name of a part is not UTF-8 or has control characters";
        *place = parameter.value;
    }
    if (found == FOUND_BROKEN)
        return "A part's Content-Disposition cannot be read";
    return part->name == NULL || part->name[0] == '\0' ? "A part has no name" : NULL;
}

static const char *read_type(char *value, struct multipart_part *part)
{
    static const char nested[] = "multipart/";
    if (part->content_type != NULL)
        return "A part has two Content-Types";
    if (!is_printable(value))
        return "A part's Content-Type is not UTF-8 or has control characters";
    if (strncasecmp(value, nested, sizeof(nested) - 1) == 0)
        return "Parts inside a part are not supported";
    part->content_type = value;
    return NULL;
}

/* RFC 7578 4.7 deprecates the header; only what changes no byte is taken. */
static const char *read_coding(char *value, struct multipart_part *part)
{
    static const char *const plain[] = {"7bit", "8bit", "binary"};
    (void)part;
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (strcasecmp(value, plain[i]) == 0)
            return NULL;
    return "A part's Content-Transfer-Encoding is not supported";
}

static const struct {
    const char *name;
    const char *(*read)(char *value, struct multipart_part *part);
} readers[] = {
    {"Content-Disposition", read_disposition},
    {"Content-Type", read_type},
    {"Content-Transfer-Encoding", read_coding},
};

/* One header = name ":" value, NUL-terminated.  NULL, or what is wrong. */
static const char *read_header(char *line, struct multipart_part *part)
{
    char *colon = strchr(line, ':');
    if (colon == NULL || colon == line || strcspn(line, " \t\"") < (size_t)(colon - line))
        return "A part's header cannot be read";
    *colon = '\0';
    char *value = skip_blank(colon + 1);
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        value[--len] = '\0';
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        if (strcasecmp(readers[i].name, line) == 0)
            return readers[i].read(value, part);
    return NULL;
}

/* A line that begins with white space goes on the one before (RFC 5322 2.2.3). */
static void unfold(char *text)
{
    for (char *at = text; (at = strstr(at, "\r\n")) != NULL; at += 2)
        if (at[2] == ' ' || at[2] == '\t')
            at[0] = at[1] = ' ';
}

/* The headers are whole, with their empty line. */
static void part_begin(struct multipart *multipart)
{
    struct multipart_part part = {0};
    char *line = multipart->headers;
    unfold(line);
    for (char *end; (end = strstr(line, "\r\n")) != line; line = end + 2) {
        *end = '\0';
        const char *why = read_header(line, &part);
        if (why != NULL) {
            bad(multipart, why);
            return;
        }
    }
    if (part.name == NULL) {
        bad(multipart, "A part has no name");
        return;
    }
    multipart->state = TEXT;
    multipart->matched = multipart->implied = IMPLIED;
    multipart->in_part = true;
    if (!multipart->events.part(&part, multipart->arg))
        multipart->state = ENDED;
}

/* Takes a byte of the headers: only whole CRLFs and text. */
static void feed_header(struct multipart *multipart, char c)
{
    size_t len = multipart->headers_len;
    char *headers = multipart->headers;
    bool after_cr = len > 0 && headers[len - 1] == '\r';
    if (len == MULTIPART_HEADERS_MAX) {
        bad(multipart, "The headers of a part are too long");
        return;
    }
    if (after_cr != (c == '\n')) {
        bad(multipart, "A line of a part's headers does not end in CRLF");
        return;
    }
    if (((unsigned char)c < 0x20 && strchr("\t\r\n", c) == NULL) || c == 0x7f || c == '\0') {
        bad(multipart, "A part's header has control characters");
        return;
    }
    headers[len++] = c;
    headers[len] = '\0';
    multipart->headers_len = len;
    if (c == '\n' && (len == 2 || (len >= 4 && memcmp(headers + len - 4, "\r\n", 2) == 0)))
        part_begin(multipart);
}

/* The line of a delimiter is whole. */
static void boundary_seen(struct multipart *multipart)
{
    if (!part_end(multipart))
        return;
    if (multipart->dashes == 2) {
        multipart->state = EPILOGUE;
        return;
    }
    if (++multipart->parts > MULTIPART_PARTS_MAX) {
        bad(multipart, "The body has too many parts");
        return;
    }
    multipart->state = HEADERS;
    multipart->headers_len = 0;
}

/* tail = [ "--" ] *( SP / HTAB ) CRLF.  Whether `c` may come next; its LF is not asked for. */
static bool tail_takes(const struct multipart *multipart, char c)
{
    bool after_cr = multipart->tail_len > 0 && multipart->tail[multipart->tail_len - 1] == '\r';
    if (after_cr || multipart->tail_len == TAIL_MAX)
        return false;
    if (c == '-')
        return multipart->tail_len == multipart->dashes && multipart->dashes < 2;
    return multipart->dashes != 1 && (c == ' ' || c == '\t' || c == '\r');
}

/* Returns how many bytes it took, 1 or 0. */
static size_t feed_tail(struct multipart *multipart, char c)
{
    if (c == '\n' && multipart->tail_len > 0 && multipart->tail[multipart->tail_len - 1] == '\r') {
        boundary_seen(multipart);
        return 1;
    }
    if (tail_takes(multipart, c)) {
        multipart->dashes += c == '-';
        multipart->tail[multipart->tail_len++] = c;
        return 1;
    }
    /* No boundary after all.  A CR at the tail's end begins no delimiter: no LF follows it. */
    size_t implied = multipart->implied;
    multipart->state = TEXT;
    multipart->matched = 0;
    emit(multipart, multipart->delimiter + implied, multipart->delimiter_len - implied);
    if (multipart->state != ENDED)
        emit(multipart, multipart->tail, multipart->tail_len);
    return 0;
}

/* Returns how many bytes it took; 0 only when the next call takes some. */
static size_t feed_text(struct multipart *multipart, const char *data, size_t len)
{
    if (multipart->matched == 0) {
        const char *cr = memchr(data, '\r', len);
        size_t plain = cr != NULL ? (size_t)(cr - data) : len;
        multipart->matched = cr != NULL;
        multipart->implied = 0;
        emit(multipart, data, plain);
        return plain + (cr != NULL);
    }
    if (data[0] != multipart->delimiter[multipart->matched]) {
        size_t implied = multipart->implied;
        size_t matched = multipart->matched;
        multipart->matched = 0;
        emit(multipart, multipart->delimiter + implied, matched - implied);
        return 0;
    }
    if (++multipart->matched == multipart->delimiter_len) {
        multipart->state = TAIL;
        multipart->tail_len = multipart->dashes = 0;
    }
    return 1;
}

bool multipart_feed(struct multipart *multipart, const void *data, size_t len)
{
    const char *at = data, *end = at + len;
    while (at < end && multipart->state < EPILOGUE) {
        if (multipart->state == TEXT)
            at += feed_text(multipart, at, (size_t)(end - at));
        else if (multipart->state == TAIL)
            at += feed_tail(multipart, *at);
        else
            feed_header(multipart, *at++);
    }
    return multipart->state != ENDED;
}

bool multipart_finish(struct multipart *multipart)
{
    if (multipart->state == TAIL && multipart->dashes == 2)
        boundary_seen(multipart);
    if (multipart->state < EPILOGUE)
        bad(multipart, multipart->parts == 0 ? "The body does not contain its boundary"
                                             : "The body ended before its closing boundary");
    return multipart->state == EPILOGUE;
}
