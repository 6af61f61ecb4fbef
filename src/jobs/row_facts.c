/* row_facts.c - from a row of the database back to facts.
 *
 * The list's row has the address, the result has what was learnt of it.  What a program of another
 * version wrote cannot be read: then the facts are empty, and the verdict, which stands in the row,
 * still holds. */
#include "jobs/row_facts.h"
#include "model/facts_codec.h"
#include "verify/judge.h"
#include "verify/syntax.h"

struct facts *row_facts(const struct job_result *result)
{
    struct facts *facts =
        result->facts != NULL ? facts_decode(result->facts, result->facts_len) : NULL;
    if (facts == NULL)
        facts = facts_new();
    facts->input = facts_printable(facts->arena, result->address, result->address_len);
    address_parse(result->address, result->address_len, &facts->address);
    return facts;
}

struct verdict row_verdict(const struct job_result *result, const struct facts *facts)
{
    struct verdict verdict = verdict_of(facts);
    verdict.status = (enum verdict_status)result->verdict;
    verdict.reason = (enum verdict_reason)result->reason;
    return verdict;
}
