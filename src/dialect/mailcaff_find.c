/* mailcaff_find.c - the mailcaff voice about searches: reference/mailcaff.txt, "Find Email" and
 * "Domain Finder".  Pure.  What the reference leaves open:
 *
 *   found           only with an address to show.
 *   source          "cache" for an answer that was kept, whatever it had been found by.
 *   reason          only in answers without an address; null when nobody could be asked.
 *   find-domain     without a domain there are no MX, no website and no confidence. */
#include "dialect/mailcaff_private.h"

const char *const mailcaff_find_statuses[MAILCAFF_FIND_STATUS_COUNT] = {
    [MAILCAFF_FOUND] = "found",
    [MAILCAFF_NOT_FOUND] = "not_found",
    [MAILCAFF_UNTOLD] = "unknown",
};

static const struct {
    const char *name;
    int score;
} confidences[FOUND_CONFIDENCE_COUNT] = {
    [FOUND_NOTHING] = {NULL, 0},
    [FOUND_LOW] = {"low", 30},
    [FOUND_MEDIUM] = {"medium", 60},
    [FOUND_HIGH] = {"high", 100},
};

static const char *const sources[FOUND_SOURCE_COUNT] = {
    [FOUND_BY_SMTP] = "learned",      [FOUND_BY_PATTERN] = "pattern_db", [FOUND_BY_MX] = "mx_intel",
    [FOUND_BY_GRAVATAR] = "gravatar", [FOUND_BY_PAGE] = "scraped",
};

static const char *const reasons[FOUND_REASON_COUNT] = {
    [FOUND_NO_MX] = "no_mx_records",
    [FOUND_DISPOSABLE] = "disposable_domain",
    [FOUND_CATCH_ALL] = "catchall_detected",
    [FOUND_NO_MATCH] = "no_pattern_matched",
};

/* ---- find ---- */

static bool is_found(const struct found_facts *found)
{
    return found->confidence != FOUND_NOTHING && found->email != NULL;
}

int mailcaff_find_status_of(const struct facts *facts, const struct verdict *verdict)
{
    (void)verdict;
    if (is_found(&facts->found))
        return MAILCAFF_FOUND;
    return facts->found.reason != FOUND_UNEXPLAINED ? MAILCAFF_NOT_FOUND : MAILCAFF_UNTOLD;
}

int mailcaff_find_score(const struct facts *facts, const struct verdict *verdict)
{
    (void)verdict;
    return is_found(&facts->found) ? confidences[facts->found.confidence].score : 0;
}

struct mailcaff_find_answer mailcaff_find_answer_of(const struct facts *facts)
{
    const struct found_facts *found = &facts->found;
    if (!is_found(found))
        return (struct mailcaff_find_answer){.reason = reasons[found->reason]};
    return (struct mailcaff_find_answer){
        .found = true,
        .email = found->email,
        .confidence = confidences[found->confidence].name,
        .pattern = found->pattern,
        .source = facts->cached ? "cache" : sources[found->source],
    };
}

void mailcaff_write_find_how(struct json_out *json, const struct mailcaff_find_answer *answer)
{
    json_out_text(json, "confidence", answer->confidence);
    json_out_text(json, "pattern", answer->pattern);
    json_out_text(json, "source", answer->source);
    if (!answer->found)
        json_out_text(json, "reason", answer->reason);
}

void mailcaff_write_find(struct json_out *json, const struct facts *facts, int64_t response_ms)
{
    struct mailcaff_find_answer answer = mailcaff_find_answer_of(facts);
    json_out_bool(json, "found", answer.found);
    json_out_text(json, "email", answer.email);
    mailcaff_write_find_how(json, &answer);
    json_out_int(json, "response_ms", response_ms);
}

void mailcaff_render_find(struct strbuf *out, const struct facts *facts, int64_t response_ms)
{
    struct json_out json = {.text = out};
    json_out_object(&json, NULL);
    mailcaff_write_find(&json, facts, response_ms);
    json_out_object_end(&json);
}

/* ---- find-domain ---- */

static const char *domain_status(const struct mailcaff_domain *domain)
{
    if (domain->domain != NULL)
        return "found";
    return domain->failed ? "error" : "not_found";
}

void mailcaff_render_domain(struct strbuf *out, const struct mailcaff_domain *domain,
                            int64_t response_ms)
{
    struct json_out json = {.text = out};
    bool found = domain->domain != NULL;
    json_out_object(&json, NULL);
    json_out_text(&json, "company_name", domain->company);
    json_out_text(&json, "domain", domain->domain);
    json_out_bool(&json, "has_mx", found && domain->has_mx);
    json_out_bool(&json, "has_website", found && domain->has_website);
    json_out_text(&json, "confidence", found ? domain->confidence : NULL);
    json_out_int(&json, "candidates_checked", domain->checked);
    json_out_text(&json, "status", domain_status(domain));
    json_out_int(&json, "response_ms", response_ms);
    json_out_object_end(&json);
}
