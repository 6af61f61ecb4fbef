#ifndef MODEL_DIALECTS_H
#define MODEL_DIALECTS_H

/* Every dialect, once: its name (in purse, plan and paths), and what its keys begin with.  Each
 * comes with data/openapi/NAME.json, of which openapi_NAME tells.  For the preprocessor only, so
 * that assembly may read it, too. */
#define DIALECTS(DIALECT)     \
    DIALECT(cascade, "cv_")   \
    DIALECT(ev, "ev_live_")   \
    DIALECT(mailcaff, "mc_")  \
    DIALECT(validmail, "vm_") \
    DIALECT(verifymail, "dc_")

/* The kinds of lists there are: NAME_ops (dialect_ops.h), whose own name is what a job is of.  A
 * dialect may have several; its plan, keys and credits are the purse's, whatever the kind. */
#define DIALECTS_WITH_LISTS(KIND) \
    KIND(cascade)                 \
    KIND(ev)                      \
    KIND(mailcaff)                \
    KIND(mailcaff_find)

#endif
