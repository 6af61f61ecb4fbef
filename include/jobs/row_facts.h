#ifndef JOBS_ROW_FACTS_H
#define JOBS_ROW_FACTS_H

#include "model/facts.h"
#include "model/verdict.h"
#include "store/store_job.h"

/* A settled row of a list as facts and a verdict again, so that a dialect says of it what a single
 * check would have said.  The facts are the caller's (facts_free). */
struct facts *row_facts(const struct job_result *result);
/* Status and reason as they were when the row was settled and charged. */
struct verdict row_verdict(const struct job_result *result, const struct facts *facts);

#endif
