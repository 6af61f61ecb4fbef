/* result_cache.c - what single checks found out, for the next one who asks the same.
 *
 * A row says nothing to whoever reads the database: its key is a keyed hash of the normalised
 * address, and its facts have neither the address nor a word of what servers said, because they
 * like to repeat it; of a reply its codes are kept.  Whoever asks brings the address along.
 *
 * Kept are definite answers of a server about this recipient.  What is unknown is worth another
 * try, what came from the memory of domains is there already, and an answer without SMTP is made
 * faster than it is looked up.  A refreshed answer without SMTP (the domain is gone) takes the row
 * of an earlier one away, which would be told again otherwise; one that is unknown leaves it alone.
 *
 * A process that keeps results also takes away some that are over, now and then. */
#include <stdatomic.h>

#include "app/result_cache.h"
#include "base/log.h"
#include "model/domain_facts.h"
#include "model/facts_codec.h"
#include "store/store_result.h"
#include "verify/syntax.h"

enum { PURGE_EVERY = 16, PURGE_MOST = 64 };

static const char kept_results[] = "kept results";

/* ---- finding ---- */

static bool read_row(struct app *app, const char *address, struct strbuf *out)
{
    uint8_t hash[RESULT_HASH_LEN];
    struct db *db = app_db_borrow(app);
    bool found = false;
    if (db == NULL)
        return false;
    app_text_hash(app, address, hash);
    enum db_status status = store_result_get(db, hash, out, &found);
    return app_db_return(app, &db, status, kept_results) && found;
}

struct facts *result_cache_find(struct app *app, const struct verify_request *request)
{
    struct address address;
    struct strbuf row = {0};
    struct facts *facts = NULL;
    if (request->refresh ||
        address_parse(request->input, request->input_len, &address) != ADDRESS_OK)
        return NULL;
    if (read_row(app, address.text, &row))
        facts = facts_decode(strbuf_text(&row), row.len);
    strbuf_free(&row);
    if (facts == NULL)
        return NULL;
    facts->input = facts_printable(facts->arena, request->input, request->input_len);
    facts->address = address;
    facts->cached = true;
    return facts;
}

struct facts *result_cache_find_search(struct app *app, const char *text)
{
    struct strbuf row = {0};
    struct facts *facts = NULL;
    if (read_row(app, text, &row))
        facts = facts_decode(strbuf_text(&row), row.len);
    strbuf_free(&row);
    if (facts != NULL)
        facts->cached = true;
    return facts;
}

/* ---- keeping ---- */

static bool is_definite(const struct facts *facts, const struct verdict *verdict)
{
    return facts->address.error == ADDRESS_OK && verdict->status != VERDICT_UNKNOWN &&
           verdict->reason != REASON_OUR_FAILURE;
}

static bool is_worth_it(const struct facts *facts)
{
    return facts->smtp_asked && !facts->from_cache && !facts->cached;
}

/* Without a word of a server's, and without an address. */
static void encode(const struct facts *facts, struct strbuf *out)
{
    struct arena *arena = arena_new();
    struct facts kept = *facts;
    kept.found.email = NULL;
    reply_facts_keep_codes(arena, &kept.smtp.refusal);
    reply_facts_keep_codes(arena, &kept.smtp.rcpt);
    reply_facts_keep_codes(arena, &kept.smtp.random);
    facts_encode(&kept, out);
    arena_free(&arena);
}

static enum db_status store(struct db *db, const uint8_t hash[RESULT_HASH_LEN],
                            const struct facts *facts, int64_t keep_ms)
{
    static atomic_uint kept;
    struct strbuf row = {0};
    encode(facts, &row);
    enum db_status status = store_result_put(db, hash, row.data, row.len, keep_ms);
    strbuf_free(&row);
    if (status == DB_OK && atomic_fetch_add(&kept, 1) % PURGE_EVERY == 0)
        status = store_result_purge(db, PURGE_MOST, NULL);
    return status;
}

void result_cache_keep(struct app *app, const struct verify_request *request,
                       const struct facts *facts, const struct verdict *verdict, int64_t keep_ms)
{
    uint8_t hash[RESULT_HASH_LEN];
    bool worth_it = is_worth_it(facts);
    if (!is_definite(facts, verdict) || (!worth_it && !request->refresh))
        return;
    struct db *db = app_db_borrow(app);
    if (db == NULL)
        return;
    app_address_hash(app, facts, hash);
    enum db_status status =
        worth_it ? store(db, hash, facts, keep_ms) : store_result_forget(db, hash);
    app_db_return(app, &db, status, kept_results);
}

/* ---- searches ---- */

static bool is_told(const struct found_facts *found)
{
    bool by_server = found->source == FOUND_BY_SMTP || found->source == FOUND_BY_PATTERN;
    return (found->confidence == FOUND_HIGH && by_server) || found->reason == FOUND_NO_MATCH;
}

void result_cache_keep_search(struct app *app, const char *text, const struct facts *facts,
                              int64_t keep_ms)
{
    uint8_t hash[RESULT_HASH_LEN];
    if (!is_told(&facts->found) || facts->cached)
        return;
    struct db *db = app_db_borrow(app);
    if (db == NULL)
        return;
    app_text_hash(app, text, hash);
    app_db_return(app, &db, store(db, hash, facts, keep_ms), kept_results);
}
