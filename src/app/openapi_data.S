/* openapi_data.S - the descriptions of data/openapi, as read-only bytes of the program. */
#include "model/dialects.h"

    .section .rodata

    .macro description name
    .globl openapi_\name\()_json, openapi_\name\()_json_end
    .hidden openapi_\name\()_json, openapi_\name\()_json_end
openapi_\name\()_json:
    .incbin "data/openapi/\name\().json"
openapi_\name\()_json_end:
    .endm

#define DESCRIPTION(name, prefix) description name;
    DIALECTS(DESCRIPTION)

    .section .note.GNU-stack, "", %progbits
