/* address.c - the names of what can be wrong with an address.
 *
 * They are printed by `vrfy parse` and logged; clients of the APIs see a dialect's own words.
 */
#include "base/names.h"
#include "base/xalloc.h"
#include "model/address.h"

static const char *const error_names[] = {
    [ADDRESS_OK] = "ok",
    [ADDRESS_EMPTY] = "empty",
    [ADDRESS_TOO_LONG] = "too-long",
    [ADDRESS_NO_AT] = "no-at",
    [ADDRESS_BAD_UTF8] = "bad-utf8",
    [ADDRESS_CONTROL] = "control-character",
    [ADDRESS_LOCAL_EMPTY] = "local-empty",
    [ADDRESS_LOCAL_TOO_LONG] = "local-too-long",
    [ADDRESS_LOCAL_BAD] = "local-bad",
    [ADDRESS_QUOTED_BAD] = "quoted-bad",
    [ADDRESS_DOMAIN_EMPTY] = "domain-empty",
    [ADDRESS_DOMAIN_TOO_LONG] = "domain-too-long",
    [ADDRESS_DOMAIN_BAD] = "domain-bad",
    [ADDRESS_DOMAIN_NOT_FQDN] = "domain-not-fqdn",
    [ADDRESS_LITERAL] = "address-literal",
    [ADDRESS_LITERAL_BAD] = "address-literal-bad",
};

_Static_assert(COUNT_OF(error_names) == ADDRESS_ERROR_COUNT, "a name for every error");

const char *address_error_name(enum address_error error)
{
    return names_of(error_names, COUNT_OF(error_names), (int)error);
}
