/* internet.c - one text for one internet: the settings that decide who answers us. */
#include <inttypes.h>

#include "verify/internet.h"

void internet_describe(struct strbuf *out, const struct smtp_settings *smtp,
                       const struct dns_settings *dns)
{
    strbuf_printf(out, "%s|%" PRId64 "|%s", dns->servers, smtp->port, smtp->allow_networks);
}
