/* openapi_data.S - the descriptions of data/openapi, as read-only bytes of the program. */
    .section .rodata

    .macro description name
    .globl openapi_\name\()_json, openapi_\name\()_json_end
    .hidden openapi_\name\()_json, openapi_\name\()_json_end
openapi_\name\()_json:
    .incbin "data/openapi/\name\().json"
openapi_\name\()_json_end:
    .endm

    description cascade
    description ev
    description validmail

    .section .note.GNU-stack, "", %progbits
