/* lists_data.S - the lists made by tools/lists.sh, as read-only bytes of the program.
 *
 * Nothing is parsed or copied at start-up: pages are read from the file when a look-up touches
 * them, and shared by all processes. */
.macro list name, file
    .globl list_\name
    .globl list_\name\()_end
list_\name:
    .incbin "build/lists/\file\().z"
list_\name\()_end:
.endm

    .section .rodata
    list disposable_domains, disposable.txt
    list free_domains, free.txt
    list known_domains, known.txt
    list role_words, role.txt
    list mx_patterns, mx.tsv
    list disposable_mx_patterns, disposable-mx.tsv
    list given_names, given.txt
    list common_given_names, common-given.txt
    list surnames, surname.txt
    list common_surnames, common-surname.txt
    list words, word.txt
    list confusables, confusables.tsv
    list suspicious_tlds, suspicious-tlds.txt

    .globl letters_table
letters_table:
    .incbin "build/lists/trigrams.bin"

    .section .note.GNU-stack, "", %progbits
