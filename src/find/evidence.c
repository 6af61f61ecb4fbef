/* evidence.c - what else tells of a mailbox: the domain's pages, then Gravatar.
 *
 *     pages, all at once -> pictures, all at once -> answer
 *
 * The first page to come that has a candidate's address ends the search: another page would have to
 * contradict it to change anything.  Of pictures the likeliest candidate's counts, so an answer
 * about a less likely one waits for those before it.  A step that the settings do not want is left
 * out, and one that fails has found nothing. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "find/evidence.h"

static const char *const paths[] = {"/", "/contact", "/about", "/impressum"};

enum { PAGE_COUNT = COUNT_OF(paths) };

struct asked {
    struct evidence *evidence;
    struct find_page *page; /* NULL: answered, or not asked */
    bool hit;
};

struct evidence {
    struct find_web *web;
    char *domain;
    struct candidate candidates[CANDIDATES_MAX];
    size_t count;
    struct asked pages[PAGE_COUNT], pictures[CANDIDATES_MAX];
    size_t pages_left;
    struct loop_timer *timer; /* delivers where nothing had to be asked */
    evidence_fn *fn;
    void *arg;
};

static void evidence_free(struct evidence *evidence)
{
    for (size_t i = 0; i < PAGE_COUNT; i++)
        find_page_cancel(&evidence->pages[i].page);
    for (size_t i = 0; i < CANDIDATES_MAX; i++)
        find_page_cancel(&evidence->pictures[i].page);
    loop_timer_remove(&evidence->timer);
    free(evidence->domain);
    free(evidence);
}

static void deliver(struct evidence *evidence, int candidate, enum found_source source)
{
    const struct evidence_answer answer = {candidate, source};
    evidence_fn *fn = evidence->fn;
    void *arg = evidence->arg;
    evidence_free(evidence);
    fn(&answer, arg);
}

/* ---- pictures ---- */

static void on_picture(const struct find_page_answer *answer, void *arg)
{
    struct asked *asked = arg;
    struct evidence *evidence = asked->evidence;
    asked->page = NULL;
    asked->hit = answer->answered && answer->status == 200;
    for (size_t i = 0; i < evidence->count; i++) {
        if (evidence->pictures[i].page != NULL)
            return;
        if (evidence->pictures[i].hit) {
            deliver(evidence, (int)i, FOUND_BY_GRAVATAR);
            return;
        }
    }
    deliver(evidence, -1, FOUND_BY_NOTHING);
}

static void add_digest(struct strbuf *url, const char *local, const char *domain)
{
    struct strbuf address = {0};
    uint8_t digest[CRYPTO_SHA256_LEN];
    strbuf_printf(&address, "%s@%s", local, domain);
    for (size_t i = 0; i < address.len; i++)
        address.data[i] = (char)tolower((unsigned char)address.data[i]);
    crypto_sha256(address.data, address.len, digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        strbuf_printf(url, "%02x", digest[i]);
    strbuf_free(&address);
}

static void ask_for_picture(struct evidence *evidence, size_t i)
{
    const char *base = find_web_settings(evidence->web)->gravatar_url;
    struct strbuf url = {0};
    strbuf_printf(&url, "%s%s", base, base[strlen(base) - 1] == '/' ? "" : "/");
    add_digest(&url, evidence->candidates[i].local, evidence->domain);
    strbuf_adds(&url, "?d=404");
    struct asked *asked = &evidence->pictures[i];
    asked->page = find_url_start(evidence->web, strbuf_text(&url), on_picture, asked);
    strbuf_free(&url);
}

/* false: nobody is asked. */
static bool ask_for_pictures(struct evidence *evidence)
{
    if (find_web_settings(evidence->web)->gravatar_url[0] == '\0')
        return false;
    for (size_t i = 0; i < evidence->count; i++)
        ask_for_picture(evidence, i);
    return evidence->count > 0;
}

/* ---- pages ---- */

static void on_page(const struct find_page_answer *answer, void *arg)
{
    struct asked *asked = arg;
    struct evidence *evidence = asked->evidence;
    asked->page = NULL;
    evidence->pages_left--;
    int found = evidence_in_page(answer->body, answer->body_len, evidence->domain,
                                 evidence->candidates, evidence->count);
    if (found >= 0)
        deliver(evidence, found, FOUND_BY_PAGE);
    else if (evidence->pages_left == 0 && !ask_for_pictures(evidence))
        deliver(evidence, -1, FOUND_BY_NOTHING);
}

static bool ask_for_pages(struct evidence *evidence)
{
    if (!find_web_settings(evidence->web)->scrape || evidence->count == 0)
        return false;
    evidence->pages_left = PAGE_COUNT;
    for (size_t i = 0; i < PAGE_COUNT; i++) {
        struct asked *asked = &evidence->pages[i];
        asked->page =
            find_page_start(evidence->web, evidence->domain, paths[i], false, on_page, asked);
    }
    return true;
}

static void on_nothing(void *arg)
{
    struct evidence *evidence = arg;
    evidence->timer = NULL;
    deliver(evidence, -1, FOUND_BY_NOTHING);
}

struct evidence *evidence_start(struct find_web *web, const char *domain,
                                const struct candidate *candidates, size_t count, evidence_fn *fn,
                                void *arg)
{
    assert(count <= CANDIDATES_MAX);
    struct evidence *evidence = NEW(struct evidence);
    evidence->web = web;
    evidence->domain = x_strdup(domain);
    for (size_t i = 0; i < count; i++)
        evidence->candidates[i] = candidates[i];
    evidence->count = count;
    evidence->fn = fn;
    evidence->arg = arg;
    for (size_t i = 0; i < PAGE_COUNT; i++)
        evidence->pages[i].evidence = evidence;
    for (size_t i = 0; i < CANDIDATES_MAX; i++)
        evidence->pictures[i].evidence = evidence;
    if (!ask_for_pages(evidence) && !ask_for_pictures(evidence))
        evidence->timer = loop_timer_add(find_web_loop(web), 0, on_nothing, evidence);
    return evidence;
}

void evidence_cancel(struct evidence **evidence)
{
    if (*evidence == NULL)
        return;
    evidence_free(*evidence);
    *evidence = NULL;
}
