/* schema_sql.S - the SQL steps of schema/, compiled in as they are. */
        .section .rodata

        .macro step name, file
        .globl schema_sql_\name, schema_sql_\name\()_end
        .hidden schema_sql_\name, schema_sql_\name\()_end
schema_sql_\name:
        .incbin "\file"
schema_sql_\name\()_end:
        .byte 0
        .endm

        step 001, "schema/001_accounts.sql"
        step 002, "schema/002_ledger.sql"
        step 003, "schema/003_cascade_plans.sql"
        step 004, "schema/004_secret.sql"
        step 005, "schema/005_rate_limit.sql"
        step 006, "schema/006_domain_facts.sql"
        step 007, "schema/007_jobs.sql"
        step 008, "schema/008_monthly.sql"
        step 009, "schema/009_plans.sql"
        step 010, "schema/010_result.sql"
        step 011, "schema/011_mailcaff_plans.sql"
        step 012, "schema/012_domain_pattern.sql"
        step 013, "schema/013_verifymail.sql"
        step 014, "schema/014_verifymail_more.sql"

        .section .note.GNU-stack, "", @progbits
