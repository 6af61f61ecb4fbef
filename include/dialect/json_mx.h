#ifndef DIALECT_JSON_MX_H
#define DIALECT_JSON_MX_H

#include "base/json_out.h"
#include "model/facts.h"

/* Host names by preference, an array. */
void json_out_mx(struct json_out *json, const char *key, const struct dns_facts *dns);

#endif
