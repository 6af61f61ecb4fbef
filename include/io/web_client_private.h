#ifndef IO_WEB_CLIENT_PRIVATE_H
#define IO_WEB_CLIENT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "io/vet.h"
#include "io/web_client.h"
#include "base/strbuf.h"

/* Inside the HTTP client: a URL, and one transfer of libcurl's.  libcurl's handles are `void *` to
 * it too. */

struct web_url {
    char *text; /* as it is handed to libcurl: host and port in it are those below */
    char *host; /* a name in lower case, or a literal without brackets */
    uint16_t port;
    bool is_literal;
    struct sockaddr_storage literal; /* with the port */
};

/* Returns what is wrong with it (static, for a person), or NULL; web_url_free is safe after both.
 * Literals are not vetted. */
const char *web_url_parse(const char *text, bool allow_http, struct web_url *out);
void web_url_free(struct web_url *url);

/* What is the same for all transfers of a client. */
struct web_policy {
    const struct vet_networks *allow;
    const char *ca_file, *user_agent;
};

struct web_transfer {
    void *easy;
    void *share; /* its own cache of addresses: what is vetted for one call serves no other */
    struct curl_slist *headers, *resolve;
    const struct vet_networks *allow;
    struct sockaddr_storage *targets; /* vetted; nothing else is dialled */
    size_t target_count;
    bool is_literal;
    bool refused; /* libcurl was about to dial something else */
    struct strbuf body;
    size_t answer_max, header_len;
    bool only_2xx_body;
    int64_t connect_ms; /* at most; 0: whatever there is */
    bool headers_whole; /* of the last answer, not of a 1xx */
    bool cut;           /* ended by us: enough of the answer is there */
};

/* Everything is copied but `policy->allow`. */
struct web_transfer *web_transfer_new(const struct web_policy *policy, const struct web_url *url,
                                      const struct web_request *request);
/* Vets; returns how many are left to be dialled.  `connect_ms`: for all of them together. */
size_t web_transfer_aim(struct web_transfer *transfer, const struct web_url *url,
                        const struct sockaddr_storage *addresses, size_t count, int64_t connect_ms);
enum web_outcome web_transfer_outcome(const struct web_transfer *transfer, int curl_code);
int web_transfer_status(const struct web_transfer *transfer);
int64_t web_transfer_retry_after_s(const struct web_transfer *transfer); /* -1: does not say */
const char *web_transfer_location(const struct web_transfer *transfer);  /* NULL: none to use */
void web_transfer_free(struct web_transfer **transfer); /* out of every multi handle by now */

#endif
