/* json_mx.c - the list of mail hosts, as all dialects show it. */
#include "dialect/json_mx.h"

void json_out_mx(struct json_out *json, const char *key, const struct dns_facts *dns)
{
    json_out_array(json, key);
    for (size_t i = 0; i < dns->mx_count; i++)
        json_out_text(json, NULL, dns->mx[i].name);
    json_out_array_end(json);
}
