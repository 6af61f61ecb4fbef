/* rdap_bootstrap.c - IANA's list of RDAP servers, read once into a sorted table.
 *
 *     service = [ [entry, ...], [URL, ...] ]          RFC 9224 3, 4
 *
 * An entry is a TLD, or a longer name; the longest one that is a suffix of the domain by whole
 * labels counts (4).  Of a service's URLs the first https:// one is taken: clients should prefer
 * it (3), and we ask by nothing else.  Two services with the same entry: the first one has it.
 *
 * The file comes from an operator's disk or over the network, so nothing of it is believed: what is
 * no host name is no entry, a URL must be one that the HTTP client takes and to which a path can be
 * added. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "io/web_client.h"
#include "rdap/rdap_bootstrap.h"
#include "rdap/rdap_private.h"

extern const char rdap_bootstrap_json[], rdap_bootstrap_json_end[];

enum { ENTRIES_MAX = 20000, URL_MAX = 512, NAME_MAX_LEN = 253, LABEL_MAX = 63 };

static const struct rdap_json_limits limits = {RDAP_BOOTSTRAP_MAX, 60000, 20000, 8};

struct entry {
    const char *label, *url;
    size_t number; /* in the file */
};

struct rdap_bootstrap {
    struct arena *arena;
    struct entry *entries;
    size_t count, room, passed_over;
    const char *published;
};

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Labels of letters, digits and hyphens; lower case. */
static bool is_name(const char *name)
{
    if (strlen(name) > NAME_MAX_LEN)
        return false;
    for (;;) {
        size_t len = 0;
        while (is_name_byte(name[len]))
            len++;
        if (len == 0 || len > LABEL_MAX || name[0] == '-' || name[len - 1] == '-')
            return false;
        if (name[len] == '\0')
            return true;
        if (name[len] != '.')
            return false;
        name += len + 1;
    }
}

/* In lower case and without the dot at its end; NULL: it is no name. */
static const char *label_of(struct rdap_bootstrap *b, const char *text)
{
    size_t len = strnlen(text, NAME_MAX_LEN + 2);
    if (len > 0 && text[len - 1] == '.')
        len--;
    char *label = arena_strndup(b->arena, text, len);
    for (char *at = label; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at | 0x20);
    return is_name(label) ? label : NULL;
}

/* The first https:// URL that "domain/..." can be added to; NULL: there is none. */
static const char *url_of(struct rdap_bootstrap *b, struct json_object *urls)
{
    for (size_t i = 0; i < json_object_array_length(urls); i++) {
        const char *url = rdap_json_string(json_object_array_get_idx(urls, i)), *why;
        if (url == NULL || strnlen(url, URL_MAX + 1) > URL_MAX || strpbrk(url, "?#") != NULL ||
            !web_url_valid(url, false, &why))
            continue;
        bool ends = url[strlen(url) - 1] == '/';
        return arena_printf(b->arena, "%s%s", url, ends ? "" : "/");
    }
    return NULL;
}

static void entry_add(struct rdap_bootstrap *b, const char *label, const char *url)
{
    if (b->count == b->room) {
        b->room = b->room > 0 ? 2 * b->room : 256;
        b->entries = x_realloc(b->entries, b->room, sizeof(*b->entries));
    }
    b->entries[b->count] = (struct entry){label, url, b->count};
    b->count++;
}

/* false: nothing of it can be used. */
static bool service_read(struct rdap_bootstrap *b, struct json_object *service)
{
    if (!json_object_is_type(service, json_type_array) || json_object_array_length(service) < 2)
        return false;
    struct json_object *names = json_object_array_get_idx(service, 0);
    struct json_object *urls = json_object_array_get_idx(service, 1);
    if (!json_object_is_type(names, json_type_array) || !json_object_is_type(urls, json_type_array))
        return false;
    const char *url = url_of(b, urls);
    size_t before = b->count;
    for (size_t i = 0; url != NULL && i < json_object_array_length(names); i++) {
        const char *text = rdap_json_string(json_object_array_get_idx(names, i));
        const char *label = text != NULL ? label_of(b, text) : NULL;
        if (label != NULL && b->count < ENTRIES_MAX)
            entry_add(b, label, url);
    }
    return b->count > before;
}

static int entry_compare(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    int order = strcmp(one->label, other->label);
    return order != 0 ? order : (one->number > other->number) - (one->number < other->number);
}

/* Sorted, each name once. */
static void entries_settle(struct rdap_bootstrap *b)
{
    size_t kept = 0;
    if (b->count > 0)
        qsort(b->entries, b->count, sizeof(*b->entries), entry_compare);
    for (size_t i = 0; i < b->count; i++)
        if (kept == 0 || strcmp(b->entries[kept - 1].label, b->entries[i].label) != 0)
            b->entries[kept++] = b->entries[i];
    b->count = kept;
}

static const char *published_of(struct rdap_bootstrap *b, struct json_object *tree)
{
    const char *text = rdap_json_text(tree, "publication");
    if (text == NULL || strnlen(text, 41) > 40)
        return "";
    for (const char *at = text; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            return "";
    return arena_strdup(b->arena, text);
}

static const char *tree_read(struct rdap_bootstrap *b, struct json_object *tree)
{
    struct json_object *services = rdap_json_member(tree, "services", json_type_array);
    if (services == NULL)
        return "it has no array \"services\" (RFC 9224)";
    for (size_t i = 0; i < json_object_array_length(services); i++)
        b->passed_over += !service_read(b, json_object_array_get_idx(services, i));
    if (b->count == ENTRIES_MAX)
        return "it has too many entries";
    entries_settle(b);
    b->published = published_of(b, tree);
    return b->count > 0 ? NULL : "it names no TLD with an https:// server";
}

struct rdap_bootstrap *rdap_bootstrap_parse(const char *json, size_t len, char *why,
                                            size_t why_size)
{
    struct rdap_bootstrap *b = NEW(struct rdap_bootstrap);
    const char *complaint;
    b->arena = arena_new();
    struct json_object *tree = rdap_json(json, len, &limits, &complaint);
    if (tree != NULL)
        complaint = tree_read(b, tree);
    json_object_put(tree);
    if (complaint != NULL) {
        snprintf(why, why_size, "%s", complaint);
        rdap_bootstrap_free(&b);
    }
    return b;
}

/* At most one byte more than is allowed, which tells. */
static bool file_read(const char *path, struct strbuf *out)
{
    FILE *file = fopen(path, "re");
    char data[8192];
    size_t n;
    if (file == NULL)
        return false;
    while (out->len <= RDAP_BOOTSTRAP_MAX && (n = fread(data, 1, sizeof(data), file)) > 0)
        strbuf_add(out, data, n);
    bool ok = !ferror(file);
    fclose(file);
    return ok;
}

struct rdap_bootstrap *rdap_bootstrap_read(const char *path, char *why, size_t why_size)
{
    struct strbuf text = {0};
    char complaint[200];
    struct rdap_bootstrap *b = NULL;
    if (path[0] == '\0')
        return rdap_bootstrap_parse(rdap_bootstrap_json,
                                    (size_t)(rdap_bootstrap_json_end - rdap_bootstrap_json), why,
                                    why_size);
    if (!file_read(path, &text))
        snprintf(complaint, sizeof(complaint), "%s", strerror(errno));
    else
        b = rdap_bootstrap_parse(strbuf_text(&text), text.len, complaint, sizeof(complaint));
    strbuf_free(&text);
    if (b == NULL)
        snprintf(why, why_size, "%s: %s", path, complaint);
    return b;
}

void rdap_bootstrap_free(struct rdap_bootstrap **bootstrap)
{
    struct rdap_bootstrap *b = *bootstrap;
    if (b == NULL)
        return;
    arena_free(&b->arena);
    free(b->entries);
    free(b);
    *bootstrap = NULL;
}

static int label_compare(const void *label, const void *entry)
{
    return strcmp(label, ((const struct entry *)entry)->label);
}

const char *rdap_bootstrap_find(const struct rdap_bootstrap *bootstrap, const char *domain)
{
    for (const char *at = domain;; at++) {
        const struct entry *found = bsearch(at, bootstrap->entries, bootstrap->count,
                                            sizeof(*bootstrap->entries), label_compare);
        if (found != NULL)
            return found->url;
        if ((at = strchr(at, '.')) == NULL)
            return NULL;
    }
}

size_t rdap_bootstrap_count(const struct rdap_bootstrap *bootstrap)
{
    return bootstrap->count;
}

const char *rdap_bootstrap_label(const struct rdap_bootstrap *bootstrap, size_t n)
{
    return bootstrap->entries[n].label;
}

const char *rdap_bootstrap_url(const struct rdap_bootstrap *bootstrap, size_t n)
{
    return bootstrap->entries[n].url;
}

size_t rdap_bootstrap_passed_over(const struct rdap_bootstrap *bootstrap)
{
    return bootstrap->passed_over;
}

const char *rdap_bootstrap_published(const struct rdap_bootstrap *bootstrap)
{
    return bootstrap->published;
}
