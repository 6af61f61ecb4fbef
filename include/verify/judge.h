#ifndef VERIFY_JUDGE_H
#define VERIFY_JUDGE_H

#include "model/facts.h"
#include "model/verdict.h"

/* Facts to the one shared verdict: an ordered rule table, first match wins.  Pure. */
struct verdict verdict_of(const struct facts *facts);

#endif
