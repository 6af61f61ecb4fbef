/* rdap_data.S - the shipped list of RDAP servers and that of bulk registrars, as read-only bytes of
 * the program. */
    .section .rodata

    .globl rdap_bootstrap_json, rdap_bootstrap_json_end
    .hidden rdap_bootstrap_json, rdap_bootstrap_json_end
rdap_bootstrap_json:
    .incbin "data/vrfy/rdap_bootstrap.json"
rdap_bootstrap_json_end:

    .globl list_bulk_registrars, list_bulk_registrars_end
    .hidden list_bulk_registrars, list_bulk_registrars_end
list_bulk_registrars:
    .incbin "build/lists/bulk-registrars.tsv.z"
list_bulk_registrars_end:

    .section .note.GNU-stack, "", %progbits
