/* company.c - from a company's name to its domain: which of the likely names is the one.
 *
 * A wave is one form of the name with all top-level domains; each candidate's mail servers and
 * website are asked about at once.  A name that is not in the DNS has no address to dial, so there
 * the website costs a question to the name server and no more.
 *
 *     mail servers   MX records that lead anywhere; a null MX and an address record in the place of
 *                    an MX do not count
 *     website        somebody speaks HTTP and does not say that nothing is there: not 404, 410, or
 *                    5xx; "log in first" and a redirect out of the domain are signs of life
 *
 * A website that redirects to another candidate is a vote for that one (coolblue.com leads to
 * coolblue.nl); one of a later wave is asked about now.  The best candidate has the higher
 * confidence, then more votes, then the earlier place: first form first, then the order of the
 * top-level domains.  A wave is over when no other candidate that was asked about can get past the
 * best any more, at what its open answers and open votes could bring at most; what is slow is then
 * not waited for. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "dns/mx.h"
#include "find/company.h"
#include "verify/lists.h"

static const char *const tlds[] = {"com", "nl", "de", "io", "eu", "co", "net", "org"};

enum { TLD_COUNT = COUNT_OF(tlds), NAMES_MAX = COMPANY_FORMS_MAX * TLD_COUNT };

struct name {
    struct company_search *search;
    char domain[COMPANY_FORM_SIZE + 8];
    bool asked;
    struct domain_lookup *lookup; /* NULL: answered, or not asked */
    struct find_page *page;       /* the same */
    bool has_mx, has_website, failed;
    int votes;
};

struct company_search {
    struct loop *loop;
    struct find_web *web;
    struct resolver *resolver;
    struct name names[NAMES_MAX];
    size_t count, next; /* where the next wave begins */
    bool started;
    struct loop_timer *deadline;
    int64_t start_ms;
    company_fn *fn;
    void *arg;
};

static void search_free(struct company_search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        domain_lookup_free(&search->names[i].lookup);
        find_page_cancel(&search->names[i].page);
    }
    loop_timer_remove(&search->deadline);
    free(search);
}

/* ---- who is the best ---- */

static enum company_confidence confidence_of(bool has_mx, bool has_website)
{
    if (has_mx)
        return has_website ? COMPANY_HIGH : COMPANY_MEDIUM;
    return has_website ? COMPANY_LOW : COMPANY_NONE;
}

static enum company_confidence known_of(const struct name *name)
{
    return confidence_of(name->has_mx, name->has_website);
}

/* NULL: none of them has anything. */
static const struct name *best_of(const struct company_search *search)
{
    const struct name *best = NULL;
    for (const struct name *name = search->names; name < search->names + search->count; name++) {
        enum company_confidence least = best != NULL ? known_of(best) : COMPANY_NONE;
        if (known_of(name) > least ||
            (best != NULL && known_of(name) == least && name->votes > best->votes))
            best = name;
    }
    return best;
}

/* Could it get past `best`, were all that is open about it answered in its favour? */
static bool could_win(const struct name *name, const struct name *best, int open_pages)
{
    enum company_confidence most = confidence_of(name->has_mx || name->lookup != NULL,
                                                 name->has_website || name->page != NULL);
    int votes = name->votes + open_pages - (name->page != NULL);
    if (most != known_of(best))
        return most > known_of(best);
    if (votes != best->votes)
        return votes > best->votes;
    return name < best;
}

static bool is_open(const struct name *name)
{
    return name->lookup != NULL || name->page != NULL;
}

/* Is it of no use to wait for what is open?  If the best has not both, nobody else will either. */
static bool is_decided(const struct company_search *search)
{
    const struct name *best = best_of(search);
    const struct name *end = search->names + search->count;
    int open = 0, open_pages = 0;
    for (const struct name *name = search->names; name < end; name++) {
        open += is_open(name);
        open_pages += name->page != NULL;
    }
    if (open == 0)
        return true;
    if (best == NULL || is_open(best))
        return false;
    for (const struct name *name = search->names; name < end; name++)
        if (name != best && name->asked && could_win(name, best, open_pages))
            return false;
    return true;
}

/* ---- the answer ---- */

static void deliver(struct company_search *search)
{
    struct company_answer answer = {.ms = clock_mono_ms() - search->start_ms};
    const struct name *best = best_of(search);
    for (size_t i = 0; i < search->count; i++) {
        answer.checked += search->names[i].asked;
        answer.failed += search->names[i].failed;
    }
    if (best != NULL) {
        answer.confidence = known_of(best);
        answer.has_mx = best->has_mx;
        answer.has_website = best->has_website;
        memcpy(answer.domain, best->domain, sizeof(best->domain));
    }
    company_fn *fn = search->fn;
    void *arg = search->arg;
    search_free(search);
    fn(&answer, arg);
}

/* Whose mail servers are not known by now could not be asked about. */
static void on_deadline(void *arg)
{
    struct company_search *search = arg;
    search->deadline = NULL;
    for (size_t i = 0; i < search->count; i++)
        search->names[i].failed = search->names[i].failed || search->names[i].lookup != NULL;
    deliver(search);
}

/* ---- questions ---- */

static void go_on(struct company_search *search);

static void on_mx(const struct dns_facts *facts, void *arg)
{
    struct name *name = arg;
    name->has_mx = facts->mx_count > 0;
    name->failed = !dns_status_is_answer(facts->mx_status) && facts->mx_status != DNS_MALFORMED;
    domain_lookup_free(&name->lookup);
    go_on(name->search);
}

static void on_rest(const struct dns_facts *facts, void *arg)
{
    (void)facts, (void)arg; /* never: the lookup is gone by then */
}

static void on_website(const struct find_page_answer *answer, void *arg);

static void ask(struct name *name)
{
    if (name->asked)
        return;
    struct company_search *search = name->search;
    name->asked = true;
    name->lookup = domain_lookup_start(search->resolver, name->domain, false, on_mx, on_rest, name);
    name->page = find_page_start(search->web, name->domain, "/", true, on_website, name);
}

static void vote(struct name *voter, const char *host)
{
    struct company_search *search = voter->search;
    const char *domain = list_registrable(host);
    for (size_t i = 0; i < search->count; i++) {
        struct name *name = &search->names[i];
        if (name == voter || strcasecmp(name->domain, domain) != 0)
            continue;
        name->votes++;
        ask(name);
    }
}

static void on_website(const struct find_page_answer *answer, void *arg)
{
    struct name *name = arg;
    name->page = NULL;
    name->has_website =
        answer->answered && answer->status < 500 && answer->status != 404 && answer->status != 410;
    if (name->has_website)
        vote(name, answer->host);
    go_on(name->search);
}

static bool next_wave(struct company_search *search)
{
    size_t start = search->next;
    for (; search->next < search->count && search->next < start + TLD_COUNT; search->next++)
        ask(&search->names[search->next]);
    return search->next > start;
}

/* After whatever was learnt. */
static void go_on(struct company_search *search)
{
    while (is_decided(search)) {
        const struct name *best = best_of(search);
        bool is_enough = best != NULL && known_of(best) == COMPANY_HIGH;
        if (is_enough || !next_wave(search)) {
            deliver(search);
            return;
        }
    }
}

/* ---- the life of a search ---- */

static void on_start(void *arg)
{
    struct company_search *search = arg;
    search->started = true;
    int64_t ends_ms = search->start_ms + find_web_settings(search->web)->company_deadline_ms;
    int64_t left_ms = ends_ms - clock_mono_ms();
    search->deadline = loop_timer_add(search->loop, left_ms > 0 ? left_ms : 0, on_deadline, search);
    go_on(search);
}

static bool is_new(const struct company_search *search, const char *form)
{
    size_t len = strlen(form);
    for (size_t i = 0; i < search->count; i += TLD_COUNT)
        if (strncmp(search->names[i].domain, form, len) == 0 && search->names[i].domain[len] == '.')
            return false;
    return form[0] != '\0';
}

static void add_form(struct company_search *search, const char *form)
{
    for (size_t i = 0; i < TLD_COUNT; i++) {
        struct name *name = &search->names[search->count++];
        name->search = search;
        snprintf(name->domain, sizeof(name->domain), "%s.%s", form, tlds[i]);
    }
}

struct company_search *company_search_start(struct loop *loop, struct find_web *web,
                                            struct resolver *resolver,
                                            char forms[COMPANY_FORMS_MAX][COMPANY_FORM_SIZE],
                                            size_t count, company_fn *fn, void *arg)
{
    assert(count <= COMPANY_FORMS_MAX && fn != NULL);
    struct company_search *search = NEW(struct company_search);
    search->loop = loop;
    search->web = web;
    search->resolver = resolver;
    search->start_ms = clock_mono_ms();
    search->fn = fn;
    search->arg = arg;
    for (size_t i = 0; i < count; i++)
        if (is_new(search, forms[i]))
            add_form(search, forms[i]);
    loop_post(loop, on_start, search);
    return search;
}

void company_search_cancel(struct company_search **search)
{
    struct company_search *s = *search;
    *search = NULL;
    if (s == NULL)
        return;
    assert(loop_is_mine(s->loop));
    if (!s->started)
        loop_unpost(s->loop, on_start, s);
    search_free(s);
}
