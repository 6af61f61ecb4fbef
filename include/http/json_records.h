#ifndef HTTP_JSON_RECORDS_H
#define HTTP_JSON_RECORDS_H

#include "http/json_strings.h"

/* A member of the JSON body that is an array of objects, of each of which some members are read:
 * strings all of them.  The texts of record n begin at list[n * member_count], in the order of the
 * members' names; text NULL: absent or null. */
struct json_records {
    const struct http_text *list; /* in the request's arena, as long as the request */
    size_t count;                 /* records */
};

/* At least one record, at most `max`; other members are passed over.  false: *why names what is
 * wrong ("Parameter 'leads[3].domain' must be a string"), and never repeats a value; for a 400. */
bool json_records_read(const struct http_request *request, const char *name, size_t max,
                       const char *const *members, size_t member_count, struct json_records *out,
                       const char **why);

#endif
