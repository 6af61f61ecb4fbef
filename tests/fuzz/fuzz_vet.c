/* A family bit, sixteen bytes of address, and the rest as an allow list. */
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/vet.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (size < 1 + sizeof(v6.sin6_addr))
        return 0;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    memcpy(&v6.sin6_addr, data + 1, sizeof(v6.sin6_addr));
    memcpy(&v4.sin_addr, data + 1, sizeof(v4.sin_addr));
    const struct sockaddr *address =
        data[0] & 1 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;

    char *list = x_strndup((const char *)data + 17, size - 17);
    char why[64];
    struct vet_networks *allow = vet_networks_new(list, why, sizeof(why));
    /* An allow list only ever adds. */
    if (vet_address(address, NULL) && !vet_address(address, allow))
        abort();
    vet_networks_free(&allow);
    free(list);
    return 0;
}
